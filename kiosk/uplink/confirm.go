package uplink

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
)

// ErrStale: the confirmation is of before central said of something that it does
// not have it. It may speak of what central has lost since.
var ErrStale = errors.New("older than what central has said since: have the stick imported there again")

// Confirmed says what became of what a confirmation tells of.
type Confirmed struct {
	Made     time.Time // by central's clock
	Received int       // marked as received now, or with the code of its dossier
	Refused  int       // central will not take them; now in the dead letters
	Known    int       // nothing is new about these
	Other    int       // not here, or other bytes than these: nothing was marked
}

// doubtful is added to when central said that it does not have something: its
// time is known to the second.
const doubtful = 2 * time.Second

// Confirm takes in one file that central wrote onto a stick. What central has is
// marked as if the network had said so, if the hash that central tells is that
// of the bytes here; the same file again changes nothing. It works without Run
// and without any way to central, and fails with the errors of package stick or
// with ErrStale, and has then marked nothing.
func (u *Uplink) Confirm(ctx context.Context, file []byte) (Confirmed, error) {
	host, err := url.Parse(u.base)
	if err != nil {
		return Confirmed{}, fmt.Errorf("uplink: central's address: %w", err)
	}
	c, err := stick.OpenConfirmation(file, stick.Trust{Station: u.o.Station, Roots: u.o.TLS.RootCAs,
		Host: host.Hostname(), At: u.clock.candidates()})
	if err != nil {
		return Confirmed{}, err
	}
	lost, err := u.o.Outbox.Heard(ctx, outbox.HeardLost)
	if err != nil {
		return Confirmed{}, err
	}
	if !c.Made.After(lost) {
		return Confirmed{}, fmt.Errorf("uplink: confirmation of %s: %w", c.Made.Format(time.RFC3339), ErrStale)
	}
	before, err := u.o.Outbox.Heard(ctx, outbox.HeardByStick)
	if err != nil {
		return Confirmed{}, err
	}
	done, err := u.mark(ctx, c, c.Made.After(before))
	if err != nil {
		return Confirmed{}, fmt.Errorf("uplink: confirm: %w", err)
	}
	u.o.Log.Info("confirmation taken in", "made", c.Made, "received", done.Received, "refused", done.Refused,
		"known", done.Known, "other", done.Other)
	return done, u.o.Outbox.Remember(ctx, outbox.HeardByStick, c.Made)
}

// mark marks what c says. A refusal counts only if it is newer than all that
// came by stick: staff may have had it mended since.
func (u *Uplink) mark(ctx context.Context, c stick.Confirmation, newer bool) (done Confirmed, err error) {
	done.Made = c.Made
	d := u.newDesk(len(c.Words))
	defer func() { err = errors.Join(err, d.close()) }()
	for _, w := range c.Words {
		e, err := u.o.Outbox.Show(ctx, w.Status.ID)
		if err != nil && !errors.Is(err, outbox.ErrUnknown) {
			return done, err
		}
		refused := w.Status.State == contract.StateRefused
		switch {
		case err != nil, w.Digest != "sha-256=:"+base64.StdEncoding.EncodeToString(e.Sum)+":", checkStatus(&w.Status, e.ID, w.Digest) != nil:
			done.Other++
		case refused && (!newer || !e.Pending()),
			!refused && e.State == outbox.Received && (e.Central.Dossier != "" || w.Status.Dossier == ""):
			done.Known++
		case refused:
			why := reasonFrom(&w.Status.Refusal)
			d.mark(u.o.Outbox.MarkDeclined(e.ID, why), func() { u.tellRefused(e.ID, why) })
			done.Refused++
		default:
			d.settled(&w.Status)
			done.Received++
		}
	}
	return done, nil
}

// lost remembers that central said just now that it does not have something.
// Nothing may be marked for it before that is durable.
func (u *Uplink) lost(ctx context.Context) error {
	skew, _ := u.clock.difference()
	return u.o.Outbox.Remember(ctx, outbox.HeardLost, u.o.Now().Add(skew+doubtful))
}
