package uplink

import (
	"context"
	"fmt"

	"motcua/kiosk/outbox"
)

// SendNow ends every wait: all that is pending is tried at once.
func (u *Uplink) SendNow() {
	if err := u.o.Outbox.Wake(context.Background()); err != nil {
		u.o.Log.Error("outbox cannot be woken", "err", err)
	}
	u.goOn()
}

// asked is why a refused submission is sent again.
var asked = outbox.Reason{Code: "asked-for", Text: "staff asked to have it sent again", Next: "sent again by itself"}

// SendThis has the submission id sent before all others, and at once if there
// is a way. A refused one is put back first. It returns as soon as that is
// noted, and fails with outbox.ErrUnknown, or with outbox.ErrSettled when
// central has it already.
func (u *Uplink) SendThis(ctx context.Context, id string) error {
	e, err := u.o.Outbox.Show(ctx, id)
	if err != nil {
		return err
	}
	switch e.State {
	case outbox.Received:
		return fmt.Errorf("uplink: send %s: %w", id, outbox.ErrSettled)
	case outbox.Refused:
		if err := u.o.Outbox.Resend(ctx, id, asked); err != nil {
			return err
		}
	}
	if e, err = u.o.Outbox.Show(ctx, id); err != nil {
		return err
	}
	u.mu.Lock()
	if e.Lacking {
		u.firstCarry = append(u.firstCarry, id)
	} else {
		u.first = append(u.first, id)
	}
	u.mu.Unlock()
	u.goOn()
	return nil
}

// firstAsked takes the one that was asked for longest ago.
func (u *Uplink) firstAsked() (id string, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.first) == 0 {
		return "", false
	}
	id = u.first[0]
	u.first = u.first[1:]
	return id, true
}
