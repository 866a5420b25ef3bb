package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/acr122s"
	"motcua/devices/card/cccd"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
	"motcua/devices/card/pcsc"
	"motcua/kiosk/config"
	"motcua/kiosk/identity"
)

type cardCmd struct {
	Read   cardReadCmd   `cmd:"" help:"Read the chip of an ID card: how far it is proven and how long each step takes, never what it says."`
	Doctor cardDoctorCmd `cmd:"" help:"Look at each part from the card daemon to the chip, and tell what to do."`
}

// cardUnit is where the card reader is, and whose cards are believed.
type cardUnit struct {
	Config string `default:"${config}" placeholder:"PATH" help:"The station's configuration, which names the reader and the trust anchors (${config})."`
	Daemon string `env:"PCSCLITE_CSOCK_NAME" placeholder:"PATH" help:"The card daemon's socket, if it is not where pcscd has it (also by $$PCSCLITE_CSOCK_NAME)."`
}

// errNoReader: the configuration names no card reader.
var errNoReader = errors.New("no card reader is configured")

// unit finds the reader in the configuration.
func (c cardUnit) unit() (config.Peripheral, config.Trust, error) {
	cfg, err := config.Read(c.Config)
	if err != nil {
		return config.Peripheral{}, config.Trust{}, err
	}
	p, ok := cfg.Peripheral("card")
	if !ok {
		return p, cfg.Trust, fmt.Errorf("%w in %s", errNoReader, c.Config)
	}
	return p, cfg.Trust, nil
}

// openReader opens the reader that the configuration names. One on PC/SC is
// shared with the kiosk; one on a serial line belongs to whoever opened it.
func openReader(ctx context.Context, p config.Peripheral, daemon string) (card.Reader, error) {
	switch p.Driver {
	case "pcsc":
		return pcsc.Open(ctx, pcsc.Options{Unit: p.Name, Reader: p.Reader, Socket: daemon})
	case "acr122s":
		return acr122s.Open(ctx, acr122s.Options{Unit: p.Name, Path: p.Port, Baud: p.Baud})
	}
	return nil, fmt.Errorf("no driver %q for card readers", p.Driver)
}

// openAnchors opens the trust anchors and tells of each file that is at fault.
func openAnchors(t config.Trust, words io.Writer) (*trust.Anchors, error) {
	rules := trust.Rules{State: t.Country}
	if t.Anchors == "" {
		return trust.New(rules)
	}
	a, err := trust.Open(t.Anchors, rules)
	if faults, ok := errors.AsType[trust.Faults](err); ok {
		for _, f := range faults {
			fmt.Fprintf(words, "kioskctl: left out: %v\n", f)
		}
		return a, nil
	}
	return a, err
}

// errNoCard: nobody laid a card on the reader in time.
var errNoCard = errors.New("no card was laid on the reader")

// tapped waits for one card alone.
func tapped(ctx context.Context, r card.Reader, within time.Duration) (card.Card, error) {
	soon, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	last := errNoCard
	for {
		event, err := r.Wait(soon)
		switch e := event.(type) {
		case card.Tapped:
			return e.Card, nil
		case card.Crowded:
			last = card.ErrTwoCards
		case card.Lifted:
			last = errNoCard
		}
		switch {
		case err == nil:
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return nil, last
		default:
			return nil, err
		}
	}
}

// cardKeys is what opens the chip, as the technician gave it.
type cardKeys struct {
	CAN string `name:"can" xor:"key" required:"" placeholder:"N" help:"The card access number: the last six digits of the personal number, or all twelve."`
	QR  string `name:"qr" xor:"key" required:"" placeholder:"TEXT" help:"What the square code on the card says; the chip is held against it."`
	MRZ string `name:"mrz" xor:"key" required:"" placeholder:"TEXT" help:"The three lines of the machine readable zone, joined."`
}

// keys is what was given: passwords for the chip and, from the code on the card,
// what else it said.
type keys struct {
	secrets []lds.Secret
	code    cccd.QR
}

// errKey: what was given opens no chip. What it was is not said.
var errKey = errors.New("that is no key of a card")

// read makes passwords of what was given, "-" being a line from in.
func (c cardKeys) read(in io.Reader, now time.Time) (k keys, err error) {
	text, make := c.CAN, byNumber
	switch {
	case c.QR != "":
		text, make = c.QR, byCode
	case c.MRZ != "":
		text, make = c.MRZ, byZone
	}
	if text == "-" {
		line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
		if err != nil && err != io.EOF {
			return k, err
		}
		text = line
	}
	return make(strings.TrimSpace(text), now)
}

func byNumber(text string, _ time.Time) (keys, error) {
	if len(text) == 12 {
		text = text[6:]
	}
	if len(text) != 6 || strings.Trim(text, "0123456789") != "" {
		return keys{}, fmt.Errorf("%w: --can wants six digits or twelve", errKey)
	}
	return keys{secrets: []lds.Secret{lds.Secret(text)}}, nil
}

func byCode(text string, now time.Time) (keys, error) {
	found, err := identity.Read(text, now)
	if err != nil && !errors.Is(err, identity.ErrExpired) {
		return keys{}, fmt.Errorf("%w: %w", errKey, err)
	}
	p := found.Person
	can, err := cccd.CAN(p.Number.Reveal())
	if err != nil {
		return keys{}, fmt.Errorf("%w: --qr wants the code on an ID card", errKey)
	}
	k := keys{secrets: []lds.Secret{can}, code: cccd.QR{
		Number: p.Number.Reveal(), Former: p.Old, Name: p.Name, Sex: p.Sex, Born: p.Born, Issued: p.Issued,
	}}
	ends, never := identity.Expiry(p.Born, p.Issued)
	if never {
		ends = append(ends, time.Time{})
	}
	for _, end := range ends {
		if key, err := cccd.MRZKey(p.Number.Reveal(), p.Born, end); err == nil {
			k.secrets = append(k.secrets, key)
		}
	}
	return k, nil
}

func byZone(text string, _ time.Time) (keys, error) {
	zone, err := lds.ReadMRZ(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return keys{}, fmt.Errorf("%w: %w", errKey, err)
	}
	return keys{secrets: []lds.Secret{zone.Key()}}, nil
}

// cardFault is a card, or the way to it, that could not be read.
type cardFault struct {
	err  error
	step string // "while reading", "" before the chip was asked
}

// Error tells what and when, and nothing of the card's.
func (f *cardFault) Error() string {
	if f.step == "" {
		return f.err.Error()
	}
	return f.step + ": " + f.err.Error()
}

// Unwrap gives the cause.
func (f *cardFault) Unwrap() error { return f.err }

// code is the exit code: what the visitor does is no trouble of a peripheral's.
func (f *cardFault) code() int {
	if _, ok := errors.AsType[*devices.Error](f.err); ok && !errors.Is(f.err, devices.ErrVisitor) {
		return inTrouble
	}
	return failed
}

// outspoken gives the error whose own words say what to do that err is; nil if it
// is none.
func outspoken(err error) error {
	for _, known := range []error{
		pcsc.ErrNoDaemon, pcsc.ErrDenied, pcsc.ErrVersion, pcsc.ErrHung, pcsc.ErrNoReader, pcsc.ErrUnlisted, pcsc.ErrStuck, pcsc.ErrBusy, pcsc.ErrMute,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// hint says what to do.
func (f *cardFault) hint() string {
	if known := outspoken(f.err); known != nil && known != pcsc.ErrBusy {
		return "`kioskctl card doctor` looks at each part"
	}
	for _, known := range []struct {
		err  error
		hint string
	}{
		{errNoCard, "lay the card flat on the middle of the reader; `kioskctl card doctor` looks at each part"},
		{card.ErrTwoCards, "lay one card alone: take it out of the wallet, away from other cards and the telephone"},
		{card.ErrLifted, "leave the card where it is until the answer comes"},
		{pcsc.ErrBusy, "the kiosk takes each card that is laid on: `systemctl stop kiosk` for as long as you try"},
		{emrtd.ErrAsk, "the number is not this card's: look at it again, or open it with --mrz"},
		{emrtd.ErrWrongCard, "lay an ID card with a chip on the reader"},
		{emrtd.ErrUnsupported, "the card is of a make that is not known yet: tell the developers what `kioskctl card doctor` says"},
		{emrtd.ErrDowngrade, "somebody may sit between card and reader: look at the reader, and for a second one on top of it"},
		{emrtd.ErrTampered, "take metal and other cards away and try again; if it stays so, try another card, then another reader"},
		{devices.ErrGarbled, "take metal and other cards away and try again; if it stays so, try another card, then another reader"},
		{devices.ErrSilent, "lay the card flat on the middle of the reader; `kioskctl card doctor` looks at each part"},
		{devices.ErrGone, "plug the reader in; `kioskctl card doctor` looks at each part"},
		{devices.ErrRefused, "if the kiosk has the reader's port, `systemctl stop kiosk` frees it; `kioskctl card doctor` looks at each part"},
	} {
		if errors.Is(f.err, known.err) {
			return known.hint
		}
	}
	return ""
}

// while names the step that an inspection was at.
func while(s inspection.Step, begun bool) string {
	if !begun {
		return ""
	}
	return "while " + s.String()
}
