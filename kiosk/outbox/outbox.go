package outbox

import (
	"errors"
	"time"
)

// What can be wrong. Test with errors.Is.
var (
	// ErrInUse: another process holds this outbox.
	ErrInUse = errors.New("outbox is in use by another process")
	// ErrFull: there is no room on the disk; nothing was accepted.
	ErrFull = errors.New("no room on the disk")
	// ErrReadOnly: the folder or its file system cannot be written.
	ErrReadOnly = errors.New("outbox cannot be written")
	// ErrDamaged: what was read from the disk is not what was written. Close
	// and Open again: that sets the damage aside and saves the rest.
	ErrDamaged = errors.New("outbox is damaged on disk")
	// ErrNewer: the store was written by a later version of this program.
	ErrNewer = errors.New("outbox was written by a newer version")
	// ErrConflict: this id was accepted before with other bytes.
	ErrConflict = errors.New("same id, other content")
	// ErrUnknown: no submission with this id (and secret) is kept here.
	ErrUnknown = errors.New("not in the outbox")
	// ErrSettled: the submission is received or refused; the call is for one
	// that still waits.
	ErrSettled = errors.New("already settled")
	// ErrDropped: central has it, and its bytes were let go after their time.
	ErrDropped = errors.New("bytes are no longer kept")
	// ErrInvalid: the item may not be stored as it is.
	ErrInvalid = errors.New("invalid item")
	// ErrHeld: a submission refers to the part.
	ErrHeld = errors.New("part belongs to a submission")
	// ErrClosed: the outbox was closed.
	ErrClosed = errors.New("outbox is closed")
)

// Item is one submission as it is handed in, and as Next gives it out.
type Item struct {
	ID         string // UUIDv7, fixed before the first send
	Claim      string // the short code on the receipt
	Procedure  string // national code, "1.001193"
	SecretHash []byte // of the secret on the receipt, for a look-up
	Created    time.Time
	Sealed     []byte // sealed to central; the station cannot read it
	Digest     string // as sent along with it; not interpreted here
	Parts      []Part // its parts, made with NewPart; central takes it only with them
}

// State is where a submission is, as far as this station knows.
type State string

// The states. Queued, Sending and Resend are pending, the other two settled.
const (
	// Queued: accepted here, never sent.
	Queued State = "queued"
	// Sending: on its way at this moment, or next in its row.
	Sending State = "sending"
	// Received: central has confirmed it.
	Received State = "received"
	// Refused: central will not take it as it is; someone must act.
	Refused State = "refused"
	// Resend: sent at least once, the outcome is unknown or was "come again".
	Resend State = "resend"
)

// Owner is who must act on a submission that does not move.
type Owner string

// The owners.
const (
	Nobody     Owner = ""           // it heals by itself
	Citizen    Owner = "citizen"    // something in what they filed
	Staff      Owner = "staff"      // the ward's staff
	Technician Owner = "technician" // the station or its disk
	CentralIT  Owner = "central"    // those who run central
)

// Reason says why a submission is refused or has to be sent again. Text and
// Next must be sentences that are fixed for the Code, never a reply's free
// text: that could name a person.
type Reason struct {
	Code  string // short and stable: "rules-outdated", "central-busy"
	Text  string // what is wrong
	Owner Owner  // who must act
	Next  string // what they do
}

// Confirmation is central's word that it has a submission.
type Confirmation struct {
	At      time.Time // by central's clock
	Dossier string    // code of the dossier, if there is one already
	State   string    // central's own word for where it is
}

// Answer is all that central has said about a submission. Zero if nothing.
type Answer struct {
	Confirmation
	Heard time.Time // by the station's clock: when it was confirmed
	Asked time.Time // by the station's clock: last time the status was polled
}

// Entry is what is known of one submission, without its bytes.
type Entry struct {
	ID         string
	Claim      string
	Procedure  string
	SecretHash []byte
	Digest     string
	Sum        []byte    // SHA-256 of the sealed bytes
	Size       int       // of the sealed bytes
	Created    time.Time // by whoever filled it in
	Accepted   time.Time // when Put made it durable
	State      State
	Reason     Reason    // of the last failure; zero after success
	Attempts   int       // sends begun
	Tried      time.Time // last send begun
	Due        time.Time // not sent again before; zero = now
	Central    Answer
	Dropped    time.Time // when the sealed bytes were deleted; zero = kept
	Parts      []Part    // deleted with the sealed bytes
	Lacking    bool      // central may not have all parts yet
}

// Pending tells whether central has neither confirmed nor refused it.
func (e Entry) Pending() bool { return e.State != Received && e.State != Refused }

// Summary is the outbox at a glance.
type Summary struct {
	Counts map[State]int
	Oldest time.Time // acceptance of the oldest pending one; zero = none
	Bytes  int64     // of sealed bytes kept, parts and all
	Free   int64     // bytes free on the disk for this user
	Low    bool      // less than Options.WarnFree: someone should make room before it is full
	Aside  []string  // folders of damaged stores that nobody has removed yet
}

// Pending counts what central has neither confirmed nor refused.
func (s Summary) Pending() int {
	return s.Counts[Queued] + s.Counts[Sending] + s.Counts[Resend]
}

// Age is how long the oldest pending one has waited; 0 = none waits.
func (s Summary) Age(now time.Time) time.Duration {
	if s.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(s.Oldest))
}

// Options tune an outbox. The zero value is what a station uses.
type Options struct {
	// MinFree is how much room must be left on the disk for Put to accept.
	// 0 = 64 MiB, negative = no guard.
	MinFree int64
	// WarnFree is how much room must be left for Summary not to be Low. 0 = 1 GiB
	// above MinFree: some dozen visits with all the attachments they may have.
	WarnFree int64
	// MaxItem is the largest sealed submission. 0 = 1 MiB, as in the
	// contract with central.
	MaxItem int
	// MaxPart is the largest part. 0 = 20 MiB and 64 KiB, as in the contract.
	MaxPart int64
	// KeepSealed is how long sealed bytes stay after central's confirmation.
	// 0 = 7 days.
	KeepSealed time.Duration
	// KeepRow is how long the row stays after central's confirmation.
	// 0 = 90 days.
	KeepRow time.Duration
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

const day = 24 * time.Hour

func (o Options) withDefaults() Options {
	if o.MinFree == 0 {
		o.MinFree = 64 << 20
	}
	if o.WarnFree == 0 {
		o.WarnFree = 1<<30 + max(0, o.MinFree)
	}
	if o.MaxItem == 0 {
		o.MaxItem = 1 << 20
	}
	if o.MaxPart == 0 {
		o.MaxPart = 20<<20 + 64<<10
	}
	if o.KeepSealed == 0 {
		o.KeepSealed = 7 * day
	}
	if o.KeepRow == 0 {
		o.KeepRow = 90 * day
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
