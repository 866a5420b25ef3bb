package inspection

import (
	"context"
	"errors"
	"slices"

	"motcua/devices"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
)

// session opens the chip and does what is still to be done.
func (i *inspection) session(ctx context.Context, keys []*emrtd.Password) error {
	i.reach(Opening)
	var chip *emrtd.Chip
	err := i.timed(Opening, 0, func() (err error) {
		chip, err = emrtd.Open(ctx, i.card, emrtd.Options{Passwords: keys, Careful: len(i.noise) > 0, Random: i.o.Random})
		return err
	})
	if err != nil {
		return err
	}
	defer chip.Close()
	i.method, i.passed = chip.Method(), chip.Method() == emrtd.BAC && chip.OffersPACE()
	i.reach(Reading)
	if err := i.read(ctx, chip, lds.SOD); err != nil {
		return err
	}
	if i.sod, err = trust.ReadSOD(i.files[lds.SOD]); err != nil {
		i.sod = nil // nothing will be proven; what was asked for is read all the same
	}
	locks, err := i.locks(ctx, chip)
	if err != nil {
		return err
	}
	ways := i.ways(locks)
	if len(ways) > 0 && ways[0] == trust.ChipAuthentication {
		// Before the rest is read, which is then encrypted with the better keys.
		if err := i.prove(ctx, chip, locks, ways); err != nil || i.isCopy() {
			return err
		}
	}
	for _, f := range i.o.Groups {
		if !i.covers(f) && (i.sod != nil || f == lds.DG2) {
			continue // nothing could be proven of it
		}
		if err := i.read(ctx, chip, f); err != nil {
			return err
		}
	}
	i.reach(Proving)
	if err := i.prove(ctx, chip, locks, ways); err != nil {
		return err
	}
	if len(i.outcome) == 0 {
		why := trust.ChipNotAble
		if i.denied[lds.DG14] && i.covers(lds.DG14) {
			why = trust.ChipKeyMissing
		}
		i.outcome = append(i.outcome, outcome{trust.ActiveAuthentication, why})
	}
	return nil
}

// read reads a file unless that was done. A file that the chip does not have, or
// does not give, is no error.
func (i *inspection) read(ctx context.Context, chip *emrtd.Chip, f lds.File) error {
	if i.files[f] != nil || i.denied[f] {
		return nil
	}
	return i.timed(Reading, f, func() error {
		b, err := chip.Read(ctx, f)
		switch {
		case errors.Is(err, emrtd.ErrAbsent), errors.Is(err, emrtd.ErrForbidden):
			i.denied[f] = true
			return nil
		case err != nil:
			return err
		}
		i.files[f] = b
		return nil
	})
}

// covers tells whether the SOD has a hash for a group.
func (i *inspection) covers(group lds.File) bool {
	return i.sod != nil && slices.Contains(i.sod.Groups(), group)
}

// signed gives a group that was read, if it is the one that the SOD has a hash for.
func (i *inspection) signed(group lds.File) []byte {
	if b := i.files[group]; i.sod != nil && i.sod.Holds(group, b) {
		return b
	}
	return nil
}

// locks reads DG14 and holds what the chip said in the clear against it. A DG14
// that is not the signed one says nothing; it is told in the end.
func (i *inspection) locks(ctx context.Context, chip *emrtd.Chip) (lds.Security, error) {
	if !i.covers(lds.DG14) {
		return lds.Security{}, nil
	}
	if err := i.read(ctx, chip, lds.DG14); err != nil {
		return lds.Security{}, err
	}
	locks, err := lds.ReadDG14(i.signed(lds.DG14))
	if err != nil {
		return lds.Security{}, nil // of a kind that is not read here: it opens no way
	}
	return locks, chip.CheckAccess(locks)
}

// ways lists how the chip can prove itself, the one that costs least first.
//
// Chip authentication takes three exchanges, two with 3DES, as DG14 is there
// already. Active authentication takes one, and those that read DG15: a key on a
// curve, whose hash DG14 must name (9303-11, 9.2.4), fits one; an RSA key and its
// signature take four.
func (i *inspection) ways(locks lds.Security) []trust.Method {
	var ways []trust.Method
	if len(locks.ChipKeys) > 0 {
		ways = append(ways, trust.ChipAuthentication)
	}
	if i.covers(lds.DG15) {
		ways = append(ways, trust.ActiveAuthentication)
	}
	if len(ways) == 2 && len(locks.ActiveAuth) > 0 {
		slices.Reverse(ways)
	}
	return ways
}

// tries is how often noise may spoil one way before it is given up.
const tries = 2

// prove has the chip prove itself in the first of the ways that it can, unless
// it did.
func (i *inspection) prove(ctx context.Context, chip *emrtd.Chip, locks lds.Security, ways []trust.Method) error {
	for _, m := range ways {
		if i.isSettled() {
			return nil
		}
		if i.came(m) {
			continue
		}
		why, err := i.proveBy(ctx, chip, locks, m)
		if err != nil {
			return err
		}
		i.outcome = append(i.outcome, outcome{m, why})
	}
	return nil
}

// proveBy gives what came of one way. An error ends the session.
func (i *inspection) proveBy(ctx context.Context, chip *emrtd.Chip, locks lds.Security, m trust.Method) (trust.Reason, error) {
	if before := i.failed[m]; len(before) >= tries {
		if errors.Is(before[len(before)-1], emrtd.ErrClone) {
			return trust.ChipFailed, nil
		}
		return trust.ChipUnfinished, nil
	}
	if m == trust.ActiveAuthentication {
		if err := i.read(ctx, chip, lds.DG15); err != nil {
			return "", err
		}
		if i.denied[lds.DG15] {
			return trust.ChipKeyMissing, nil
		}
	}
	err := i.timed(Proving, m.Key(), func() error {
		if m == trust.ChipAuthentication {
			return chip.AuthenticateChip(ctx, locks)
		}
		key, err := lds.ReadDG15(i.signed(lds.DG15))
		if err != nil {
			return emrtd.ErrUnsupported // the file is not the signed one, or not understood
		}
		return chip.AuthenticateActive(ctx, key, locks)
	})
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, emrtd.ErrUnsupported):
		return trust.ChipNotAble, nil
	case errors.Is(err, emrtd.ErrClone) && m == trust.ActiveAuthentication:
		return trust.ChipFailed, nil // over a line that works: no noise
	case errors.Is(err, devices.ErrRefused):
		return trust.ChipUnfinished, nil
	case isNoise(err):
		i.failed[m] = append(i.failed[m], err)
		if errors.Is(err, emrtd.ErrClone) && len(i.failed[m]) >= tries {
			return trust.ChipFailed, nil
		}
	}
	return "", err
}

// came tells whether anything came of a way.
func (i *inspection) came(m trust.Method) bool {
	for _, out := range i.outcome {
		if out.by == m {
			return true
		}
	}
	return false
}

// isSettled tells whether the chip proved itself, or is a copy.
func (i *inspection) isSettled() bool {
	for _, out := range i.outcome {
		if out.why == "" {
			return true
		}
	}
	return i.isCopy()
}

func (i *inspection) isCopy() bool {
	for _, out := range i.outcome {
		if out.why == trust.ChipFailed {
			return true
		}
	}
	return false
}
