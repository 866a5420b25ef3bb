package main

import (
	"context"
	"errors"
	"io"

	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
)

// Send has one submission sent before all others, or everything at once.
func (w window) Send(ctx context.Context, id string) error {
	if id == "" {
		w.uplink.SendNow()
		return nil
	}
	return known(w.uplink.SendThis(ctx, id))
}

// Unconfirmed lists what central has not confirmed.
func (w window) Unconfirmed(ctx context.Context) ([]string, error) {
	list, err := w.outbox.List(ctx, outbox.Filter{States: []outbox.State{outbox.Queued, outbox.Sending, outbox.Resend}})
	ids := make([]string, 0, len(list))
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids, err
}

// Sealed gives one submission as it is sent.
func (w window) Sealed(ctx context.Context, id string) (hatch.Sealed, error) {
	e, err := w.outbox.Show(ctx, id)
	if err != nil {
		return hatch.Sealed{}, known(err)
	}
	it, err := w.outbox.Item(ctx, id)
	s := hatch.Sealed{ID: id, Digest: it.Digest, Accepted: e.Accepted, Bytes: it.Sealed}
	for _, p := range it.Parts {
		s.Parts = append(s.Parts, hatch.Part{Name: p.Name, Size: p.Size})
	}
	return s, known(err)
}

// Part opens one sealed part of a submission.
func (w window) Part(ctx context.Context, id, name string) (io.ReadCloser, error) {
	e, err := w.outbox.Show(ctx, id)
	if err != nil {
		return nil, known(err)
	}
	for _, p := range e.Parts {
		if p.Name == name {
			return w.outbox.OpenPart(p)
		}
	}
	return nil, hatch.ErrUnknown
}

// Verify reads and checks every sealed submission.
func (w window) Verify(ctx context.Context) (hatch.Verified, error) {
	v, err := w.outbox.Verify(ctx, func(it outbox.Item) error {
		return stick.Check(stick.Sealed{ID: it.ID, Digest: it.Digest, Bytes: it.Sealed})
	})
	out := hatch.Verified{Whole: v.Whole, Dropped: v.Dropped, Faults: []hatch.Wrong{}}
	for _, f := range v.Faults {
		out.Faults = append(out.Faults, hatch.Wrong{ID: f.ID, State: string(f.State), What: f.Err.Error()})
	}
	return out, err
}

// Confirm takes in what central confirmed on a stick.
func (w window) Confirm(ctx context.Context, file []byte) (hatch.Confirmed, error) {
	done, err := w.uplink.Confirm(ctx, file)
	return hatch.Confirmed(done), err
}

// known names what the outbox says in the hatch's words.
func known(err error) error {
	switch {
	case errors.Is(err, outbox.ErrUnknown):
		return hatch.ErrUnknown
	case errors.Is(err, outbox.ErrSettled):
		return hatch.ErrSettled
	}
	return err
}
