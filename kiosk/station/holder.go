package station

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cccd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/kiosk/identity"
	"motcua/kiosk/visit"
)

// chipError is a chip that was read and cannot be taken, and what that means to
// the visitor.
type chipError struct {
	why visit.ChipProblem
	err error
}

// Error says why, in words that hold nothing of the card.
func (e *chipError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *chipError) Unwrap() error { return e.err }

// errNoFields: the chip has not what Vietnamese identity cards have.
var errNoFields = errors.New("no fields of a vietnamese identity card")

// wanted are the fields of the state's own data group that a Person has. The
// others, ethnicity and religion among them, are never decoded.
var wanted = []cccd.Field{cccd.Number, cccd.Name, cccd.Born, cccd.Sex, cccd.Residence, cccd.Issued, cccd.Expires, cccd.Former}

// inspect reads and proves the card of p, who is known by a code or a number, and
// gives what the chip says. Whatever else was read is wiped.
func (s *Station) inspect(ctx context.Context, c card.Card, p identity.Person, reached func(visit.ChipStep)) (identity.Person, error) {
	keys, err := opening(p)
	if err != nil {
		return identity.Person{}, &chipError{visit.ChipLocked, err}
	}
	result, err := inspection.Inspect(ctx, c, inspection.Options{
		Passwords: keys, Groups: []lds.File{lds.DG13, lds.DG1}, Anchors: s.Anchors, Now: s.Now,
		Reached: func(step inspection.Step) { reached(steps[step]) },
	})
	if err != nil {
		return identity.Person{}, err
	}
	defer result.Wipe()
	return holder(result, p, s.Now())
}

// steps are the words of the visit for those of an inspection.
var steps = map[inspection.Step]visit.ChipStep{
	inspection.Opening: visit.ChipOpening, inspection.Reading: visit.ChipReading,
	inspection.Proving: visit.ChipProving, inspection.Checking: visit.ChipChecking,
}

// mostTries is how many passwords are given; each wrong one makes a chip slower.
const mostTries = 3

// opening gives the passwords that what is known of a person makes: the card
// access number and, from the dates, the key of the machine readable zone. Where
// the law leaves two days of expiry, both are given.
func opening(p identity.Person) ([]lds.Secret, error) {
	number := p.Number.Reveal()
	can, err := cccd.CAN(number)
	if err != nil {
		return nil, err
	}
	keys := []lds.Secret{can}
	if p.Born.IsZero() {
		return keys, nil
	}
	var ends []time.Time
	switch {
	case !p.Issued.IsZero():
		days, never := identity.Expiry(p.Born, p.Issued)
		if ends = days; never {
			ends = append(ends, time.Time{})
		}
	case p.Never || !p.Expires.IsZero():
		ends = []time.Time{p.Expires}
	}
	for _, end := range ends {
		if key, err := cccd.MRZKey(number, p.Born, end); err == nil && len(keys) < mostTries {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// holder makes a Person of what a chip said, having held it against itself, the
// signature and what was known of asked before.
func holder(r *inspection.Result, asked identity.Person, now time.Time) (identity.Person, error) {
	if against := r.Proof.Contradictions(); len(against) > 0 {
		return identity.Person{}, &chipError{visit.ChipRefused, fmt.Errorf("card refused: %v", against)}
	}
	zone, err := lds.ReadDG1(r.Files[lds.DG1])
	if err != nil {
		return identity.Person{}, &chipError{visit.ChipUnknown, err}
	}
	fields, err := cccd.Read(r.Files[lds.DG13], time.UTC, wanted...)
	if err != nil {
		return identity.Person{}, &chipError{visit.ChipUnknown, err}
	}
	if !zone.Vietnamese() || fields.Number == "" {
		return identity.Person{}, &chipError{visit.ChipUnknown, errNoFields}
	}
	if err := fields.CompareMRZ(zone); err != nil {
		return identity.Person{}, &chipError{visit.ChipRefused, err}
	}
	if err := fields.CompareQR(code(asked)); err != nil {
		return identity.Person{}, &chipError{visit.ChipDiffers, err}
	}
	p := person(fields, zone, now)
	p.Assurance = identity.Assurance(r.Proof.Level)
	p.Proof = identity.Proof{Opened: string(r.Method), Signed: r.Proof.Signature}
	for _, d := range r.Proof.Doubts {
		if reason := string(d.Reason); !slices.Contains(p.Proof.Doubts, reason) {
			p.Proof.Doubts = append(p.Proof.Doubts, reason)
		}
	}
	return p, nil
}

// code is what the code on the card said. Of a person who typed, only the number
// counts: a slip of the finger elsewhere makes no other card.
func code(p identity.Person) cccd.QR {
	qr := cccd.QR{Number: p.Number.Reveal()}
	if p.Assurance == identity.QR {
		qr.Former, qr.Name, qr.Sex, qr.Born, qr.Issued = p.Old, p.Name, p.Sex, p.Born, p.Issued
	}
	return qr
}

// person takes what a Person has from the state's own fields and, where one is
// blank, from the machine readable zone.
func person(c cccd.Card, zone lds.MRZ, now time.Time) identity.Person {
	p := identity.Person{
		Number: identity.PersonalNumber(c.Number.Reveal()), Old: c.Former.Reveal(), Name: words(c.Name.Reveal()),
		Born: c.Born, Sex: sex(c.Sex.Reveal(), zone.Sex), Address: words(c.Residence.Reveal()),
		Issued: c.Issued, Expires: c.Expires, Never: c.Never,
	}
	if p.Name == "" {
		p.Name = words(zone.Surname + " " + zone.Given)
	}
	if p.Born.IsZero() {
		p.Born, _ = zone.Born.Born(now)
		p.Born = midnight(p.Born)
	}
	if p.Expires.IsZero() && !p.Never {
		p.Expires, p.Never, _ = zone.Expires.Expires(time.UTC)
	}
	p.Warnings = identity.Doubts(p)
	return p
}

// words puts one blank between words.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// sex is the word on the card, else the one for the letter of the zone.
func sex(word string, letter byte) string {
	switch {
	case word == "Nam" || word == "Nữ":
		return word
	case letter == 'M':
		return "Nam"
	case letter == 'F':
		return "Nữ"
	}
	return ""
}

// midnight is the day of t at midnight UTC, as every date of a Person.
func midnight(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
