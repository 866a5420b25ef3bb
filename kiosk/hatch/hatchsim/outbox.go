package hatchsim

import (
	"bytes"
	"context"
	"errors"
	"io"

	"motcua/kiosk/hatch"
)

// Keep puts a sealed submission into the outbox, beside what Store stored.
func (k *Kiosk) Keep(s hatch.Sealed) { k.set(func() { k.sealed = append(k.sealed, s) }) }

// Find sets what Verify finds.
func (k *Kiosk) Find(v hatch.Verified) { k.set(func() { k.found = v }) }

// Send notes what it was asked for.
func (k *Kiosk) Send(ctx context.Context, id string) error {
	if id != "" {
		e, err := k.Entry(ctx, id)
		if err != nil {
			return err
		}
		if e.State == "received" {
			return hatch.ErrSettled
		}
	}
	k.set(func() { k.done = append(k.done, "send "+id) })
	return nil
}

// Unconfirmed lists what Keep put in.
func (k *Kiosk) Unconfirmed(context.Context) (ids []string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.sealed {
		ids = append(ids, s.ID)
	}
	return ids, nil
}

// Sealed finds what Keep put in.
func (k *Kiosk) Sealed(_ context.Context, id string) (hatch.Sealed, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.sealed {
		if s.ID == id {
			return s, nil
		}
	}
	return hatch.Sealed{}, hatch.ErrUnknown
}

// KeepPart puts a sealed part of any submission into the outbox.
func (k *Kiosk) KeepPart(name string, b []byte) {
	k.set(func() {
		if k.parts == nil {
			k.parts = map[string][]byte{}
		}
		k.parts[name] = b
	})
}

// Part finds what KeepPart put in.
func (k *Kiosk) Part(_ context.Context, _, name string) (io.ReadCloser, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, ok := k.parts[name]
	if !ok {
		return nil, hatch.ErrUnknown
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

// Answer sets what Confirm does with a file.
func (k *Kiosk) Answer(confirm func(file []byte) (hatch.Confirmed, error)) {
	k.set(func() { k.confirm = confirm })
}

// Confirm does what Answer said; without it no file is believed.
func (k *Kiosk) Confirm(_ context.Context, file []byte) (hatch.Confirmed, error) {
	k.mu.Lock()
	confirm := k.confirm
	k.mu.Unlock()
	if confirm == nil {
		return hatch.Confirmed{}, errors.New("not signed by central")
	}
	return confirm(file)
}

// Verify tells what Find said.
func (k *Kiosk) Verify(context.Context) (hatch.Verified, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.found, nil
}
