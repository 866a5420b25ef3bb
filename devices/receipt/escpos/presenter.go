package escpos

import (
	"context"
	"errors"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
)

const (
	lookEvery = 250 * time.Millisecond // at the mouth, while a slip waits there
	pullTime  = 5 * time.Second        // for a slip to be pulled back
)

// Presents tells whether the model holds slips at its mouth.
func (p *Printer) Presents() bool { return p.profile.presents() }

// Taken waits until nothing is at the mouth; see receipt.Presenter. A unit that
// does not say what is there has nothing there.
func (p *Printer) Taken(ctx context.Context) error {
	const op = "wait for the slip to be taken"
	if !p.Presents() {
		return ctx.Err()
	}
	for {
		there, err := p.mouth(ctx, op)
		if err != nil || !there {
			return err
		}
		if err := p.sleep(ctx, op, lookEvery); err != nil {
			return err
		}
	}
}

// mouth looks whether a slip is there. Others may work the unit in between.
func (p *Printer) mouth(ctx context.Context, op string) (there bool, err error) {
	if err := p.take(ctx, op); err != nil {
		return false, err
	}
	defer p.give()
	return p.look(ctx, op)
}

// look asks for what is at the mouth. The caller has the turn.
func (p *Printer) look(ctx context.Context, op string) (there bool, err error) {
	if err := p.pad(ctx, op); err != nil {
		return false, err
	}
	switch st, err := p.status(ctx, op); {
	case err != nil:
		return false, err
	case st == receipt.Error || st == receipt.Offline:
		return false, p.staff(op, st)
	case st == receipt.Unknown:
		return false, nil
	}
	return atMouth(p.sort.whole), nil
}

// Retract pulls back what is at the mouth; see receipt.Presenter.
func (p *Printer) Retract(ctx context.Context) error {
	const op = "retract"
	if !p.Presents() {
		return ctx.Err()
	}
	if err := p.take(ctx, op); err != nil {
		return err
	}
	defer p.give()
	there, err := p.look(ctx, op)
	if err != nil || !there {
		return err
	}
	return p.pullBack(ctx, op)
}

// pullBack sends the command and waits until the mouth is empty.
func (p *Printer) pullBack(ctx context.Context, op string) error {
	if err := p.send(ctx, op, append([]byte{0x1D, 'e'}, p.profile.Retract...)); err != nil {
		return err
	}
	for until := time.Now().Add(pullTime); ; {
		there, err := p.look(ctx, op)
		if err != nil || !there {
			return err
		}
		if time.Now().After(until) {
			return p.staff(op, receipt.Error)
		}
		if err := p.sleep(ctx, op, lookEvery); err != nil {
			return err
		}
	}
}

// presented waits until the unit no longer prints or moves paper: the slip is at
// the mouth then, or a quick hand has it already. A unit that says all the time that
// it is not done is ErrSilent in the end.
func (p *Printer) presented(ctx context.Context, op string) error {
	if err := p.sleep(ctx, op, time.Until(p.pace.printed)); err != nil {
		return err
	}
	for until := p.pace.printed.Add(busyLag); ; {
		st, err := p.wholly(ctx, op)
		switch {
		case err != nil:
			return err
		case !st.Prints():
			return p.staff(op, st)
		case !busy(p.sort.whole):
			return nil
		case time.Now().After(until):
			return devices.Fail(p.unit, op, devices.ErrSilent, errors.New("it prints on and on"))
		}
		if err := p.sleep(ctx, op, peek); err != nil {
			return err
		}
	}
}
