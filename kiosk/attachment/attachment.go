// Package attachment takes files that a citizen hands over: checked by their
// content, sealed to central as they come in.
//
// A plain byte never touches the disk, and never more than a few KiB of a file
// are in memory: what comes in is checked, hashed, sealed with age and hashed
// again in one pass, and lies in the outbox as a part, named by the SHA-256 of
// its sealed bytes, durable before Take returns. From then on the station itself
// cannot read it. A part that no submission refers to is deleted when its visit
// ends, and by the outbox when it is opened after a crash.
package attachment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"filippo.io/age"

	"motcua/kiosk/outbox"
)

// Why a file is not taken. Key gives the sentence for each.
var (
	// ErrEmpty: no byte came.
	ErrEmpty = errors.New("file is empty")
	// ErrKind: not a PNG, a JPEG or a PDF, whatever it is called.
	ErrKind = errors.New("neither PNG nor JPEG nor PDF")
	// ErrTooLarge: more than MaxSize.
	ErrTooLarge = errors.New("file too large")
	// ErrTooMuch: more than MaxTotal with those taken before.
	ErrTooMuch = errors.New("files too large together")
	// ErrTooMany: more than MaxFiles.
	ErrTooMany = errors.New("too many files")
	// ErrTooWide: more pixels than MaxPixels, or than MaxSide in a row.
	ErrTooWide = errors.New("picture has too many pixels")
	// ErrBroken: of a known kind, but damaged or cut short.
	ErrBroken = errors.New("file is damaged")
	// ErrOver: the visit ended.
	ErrOver = errors.New("visit is over")
)

// Key gives the key in assets/text of the sentence for a citizen whose file was
// not taken because of err; a failure of ours has one too.
func Key(err error) string {
	for _, k := range []struct {
		err error
		key string
	}{
		{ErrEmpty, "attach.no.empty"}, {ErrKind, "attach.no.kind"}, {ErrTooLarge, "attach.no.large"},
		{ErrTooMuch, "attach.no.much"}, {ErrTooMany, "attach.no.many"}, {ErrTooWide, "attach.no.wide"},
		{ErrBroken, "attach.no.broken"}, {ErrOver, "attach.no.over"}, {outbox.ErrFull, "attach.no.room"},
	} {
		if errors.Is(err, k.err) {
			return k.key
		}
	}
	return "attach.no.failed"
}

// Attachment is one file that was taken.
type Attachment struct {
	Part outbox.Part // its sealed bytes; Part.Name is also its id
	Content
}

// ID is how the visit calls it.
func (a Attachment) ID() string { return a.Part.Name }

// Tray holds what was handed over in one visit. It is safe for use by several
// goroutines.
type Tray struct {
	box *outbox.Outbox
	to  []age.Recipient

	mu    sync.Mutex // guards what follows
	files []Attachment
	open  int // being taken
	over  bool

	lent sync.RWMutex // read: what was taken is being submitted
}

// NewTray makes the empty tray of a visit. Parts go to box, sealed to to.
func NewTray(box *outbox.Outbox, to []age.Recipient) *Tray { return &Tray{box: box, to: to} }

// Take takes in one file and reads from to its end. It blocks for as long as
// that lasts, then for one disk sync; from's owner bounds the time. When it
// returns nil the file is sealed and durable. On any error nothing of it is
// kept.
//
// It fails with the errors of this package, with outbox.ErrFull when there is
// no room on the disk, with ctx's own error when that ends first, or with what
// from failed with.
func (t *Tray) Take(ctx context.Context, from io.Reader) (Attachment, error) {
	limit, err := t.begin()
	if err != nil {
		return Attachment{}, err
	}
	a, err := t.seal(ctx, from, min(limit, MaxSize))
	if errors.Is(err, ErrTooLarge) && limit < MaxSize {
		err = ErrTooMuch
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
	if err != nil {
		return Attachment{}, fmt.Errorf("take attachment: %w", err)
	}
	switch {
	case t.over:
		err = ErrOver
	case a.Size > t.room(): // others came in meanwhile
		err = ErrTooMuch
	default:
		t.files = append(t.files, a)
		return a, nil
	}
	return Attachment{}, errors.Join(fmt.Errorf("take attachment: %w", err), t.box.DropPart(context.WithoutCancel(ctx), a.Part.Name))
}

// begin reserves a place and gives how many bytes may come.
func (t *Tray) begin() (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over:
		return 0, ErrOver
	case len(t.files)+t.open >= MaxFiles:
		return 0, ErrTooMany
	case t.room() <= 0:
		return 0, ErrTooMuch
	}
	t.open++
	return t.room(), nil
}

// room is how many bytes may still come. t.mu is held.
func (t *Tray) room() int64 {
	room := int64(MaxTotal)
	for _, a := range t.files {
		room -= a.Size
	}
	return room
}

func (t *Tray) seal(ctx context.Context, from io.Reader, limit int64) (Attachment, error) {
	part, err := t.box.NewPart()
	if err != nil {
		return Attachment{}, err
	}
	defer part.Drop()
	sealed, err := age.Encrypt(part, t.to...)
	if err != nil {
		return Attachment{}, err
	}
	c, err := Copy(sealed, &until{ctx, from}, limit)
	if err != nil {
		return Attachment{}, err
	}
	if err := sealed.Close(); err != nil {
		return Attachment{}, err
	}
	kept, err := part.Keep()
	return Attachment{Part: kept, Content: c}, err
}

// until reads as long as ctx lasts.
type until struct {
	ctx  context.Context
	from io.Reader
}

// Read reads.
func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}

// List gives what was taken, in the order in which it came.
func (t *Tray) List() []Attachment {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.files)
}

// Find gives the one with this id; false = there is none.
func (t *Tray) Find(id string) (Attachment, bool) {
	for _, a := range t.List() {
		if a.ID() == id {
			return a, true
		}
	}
	return Attachment{}, false
}

// Drop lets go the one with this id: the citizen took it back. One that is not
// there is no error; one that was submitted stays with its submission.
func (t *Tray) Drop(ctx context.Context, id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.files)
	t.files = slices.DeleteFunc(t.files, func(a Attachment) bool { return a.ID() == id })
	if len(t.files) == n {
		return nil
	}
	return t.drop(ctx, id)
}

func (t *Tray) drop(ctx context.Context, id string) error {
	err := t.box.DropPart(ctx, id)
	if errors.Is(err, outbox.ErrHeld) {
		return nil
	}
	return err
}

// Lend keeps what was taken from being deleted until the caller gives it back,
// also by Close, which waits: it is being submitted.
func (t *Tray) Lend() (back func()) {
	t.lent.RLock()
	return t.lent.RUnlock
}

// Close ends the visit: everything that was not submitted is deleted, also what
// is being taken at this moment. Calling it again does nothing.
func (t *Tray) Close() error {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.lent.Lock()
	defer t.lent.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, a := range t.files {
		errs = append(errs, t.drop(context.Background(), a.ID()))
	}
	t.files = nil
	return errors.Join(errs...)
}
