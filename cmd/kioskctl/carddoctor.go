package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/acr122s"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/pcsc"
	"motcua/kiosk/config"
)

type cardDoctorCmd struct {
	cardUnit
	Timeout time.Duration `default:"5s" help:"How long to wait for the antenna to see a card (${default})."`
}

// Help lists the exit codes.
func (cardDoctorCmd) Help() string {
	return "Lay an ID card on the reader first. The card is asked for nothing that it needs a number for.\n\n" + exitCodes
}

// finding is one part that was looked at.
type finding struct {
	Part  string `json:"part"`
	Found string `json:"found"`
	OK    bool   `json:"ok"`
	Do    string `json:"do,omitempty"` // what to do, as a sentence
}

// Run looks at each part in turn; on the way to the chip, until the first at fault.
func (c cardDoctorCmd) Run(d *desk) error {
	var all []finding
	add := func(f finding) bool { all = append(all, f); return f.OK }
	if p, t, err := c.unit(); err != nil {
		add(finding{"configuration", err.Error(), false,
			"Give the file with --config, and in it a [[peripheral]] with thing = \"card\" and driver = \"pcsc\" or \"acr122s\"."})
	} else {
		add(c.anchors(d, t))
		c.way(d, p, add) // also without anchors
	}
	if err := d.give(all, func(w *tabwriter.Writer) {
		for _, f := range all {
			state := "ok"
			if !f.OK {
				state = "FAULT"
			}
			row(w, f.Part, state, f.Found)
			if f.Do != "" {
				row(w, "", "", "→ "+f.Do)
			}
		}
	}); err != nil {
		return err
	}
	for _, f := range all {
		if !f.OK {
			return errTrouble
		}
	}
	return nil
}

// anchors looks at what proves the state's signature.
func (c cardDoctorCmd) anchors(d *desk, t config.Trust) finding {
	const part = "trust anchors"
	a, err := openAnchors(t, d.words)
	if err != nil {
		return finding{part, err.Error(), false, "Make the folder that [trust] anchors names, and put the state's root certificates (CSCA) into it."}
	}
	roots, lists := a.Len()
	f := finding{part, fmt.Sprintf("%d root certificates, %d revocation lists, of %s", roots, lists, t.Country), true, ""}
	goodRoots, goodLists := a.Good(d.now)
	switch {
	case roots == 0:
		f.Do = "No card is proven further than chip-read: put the state's root certificates (CSCA) into the folder that [trust] anchors names."
	case lists == 0:
		f.Do = "A signer that the state took back is not found out: put the state's revocation list beside its root certificate."
	case goodRoots == 0:
		f.Found += ", none of the roots valid today"
		f.Do = "No card is proven further than chip-read: put the state's new root certificate (CSCA) into the folder, and look at this computer's clock."
	case goodLists == 0:
		f.Found += ", none of the lists up to date"
		f.Do = "A signer that the state took back of late is not found out: put the state's new revocation list into the folder."
	}
	return f
}

// way looks at the parts from here to the chip.
func (c cardDoctorCmd) way(d *desk, p config.Peripheral, add func(finding) bool) {
	if p.Driver == "pcsc" {
		for _, s := range pcsc.Diagnose(d.ctx, pcsc.Options{Unit: p.Name, Reader: p.Reader, Socket: c.Daemon}) {
			if s.Part == pcsc.TheField {
				break // from here on a card may yet be laid on, or set free
			}
			if !add(seen(string(s.Part), s.Found, s.Err)) {
				return
			}
		}
	} else if !add(c.line(d, p)) {
		return
	}
	reader, err := d.readers(d.ctx, p, c.Daemon)
	if err != nil {
		add(seen(string(pcsc.TheReader), "cannot be opened", err))
		return
	}
	defer func() { _ = reader.Close() }()
	fmt.Fprintln(d.words, "kioskctl: lay an ID card on the reader and leave it there")
	k, err := tapped(d.ctx, reader, c.Timeout)
	if err != nil {
		add(seen(string(pcsc.TheField), "sees no card that can be read", err))
		return
	}
	defer func() { _ = k.Close() }()
	add(finding{string(pcsc.TheField), "sees a card", true, ""})
	add(finding{string(pcsc.TheCard), k.Link().String(), true, ""})
	add(chip(d.ctx, k))
}

// line looks at a reader on a serial line, where there is no daemon.
func (c cardDoctorCmd) line(d *desk, p config.Peripheral) finding {
	r, err := d.readers(d.ctx, p, c.Daemon)
	if err != nil {
		return seen("card reader", "at "+p.Port, err)
	}
	defer func() { _ = r.Close() }()
	found := "at " + p.Port
	if r, ok := r.(*acr122s.Reader); ok {
		found = fmt.Sprintf("%s %s at %s, %d baud", r.Plate().Maker, r.Plate().Model, p.Port, r.Baud())
	}
	return finding{"card reader", found, true, ""}
}

// chip asks the chip how it wants to be opened, and opens it with nothing.
func chip(ctx context.Context, k card.Card) finding {
	const part = "chip"
	ways, err := emrtd.Ways(ctx, k)
	if err != nil {
		return seen(part, "does not answer as an ID card does", err)
	}
	opened, err := emrtd.Open(ctx, k, emrtd.Options{}) // in the same breath: nothing was agreed yet
	switch {
	case err == nil:
		opened.Close()
		return finding{part, "opened without a password", false, "This is no ID card as the standard has it: try another."}
	case errors.Is(err, emrtd.ErrAsk):
		return finding{part, "an ID card, opened by " + manners(ways) + ": it asks for its number; `kioskctl card read` goes on from here", true, ""}
	case errors.Is(err, emrtd.ErrWrongCard):
		return finding{part, "the card speaks, but is no ID card", false, "Lay an ID card with a chip on the reader."}
	}
	return seen(part, "does not answer as an ID card does, opened by "+manners(ways), err)
}

// manners names the ways of PACE by their numbers in the standard, which name a make
// of chip and no holder.
func manners(ways []lds.PACE) string {
	if len(ways) == 0 {
		return "BAC alone"
	}
	list := make([]string, len(ways))
	for i, w := range ways {
		list[i] = fmt.Sprintf("PACE %v with parameters %d", w.Protocol, w.Parameter)
	}
	return strings.Join(list, ", ")
}

// seen is a part and, if it is at fault, what to do about it.
func seen(part, found string, err error) finding {
	if err == nil {
		return finding{part, found, true, ""}
	}
	if known := outspoken(err); known != nil {
		return finding{part, found + ": " + known.Error(), false, ""}
	}
	return finding{part, found + ": " + err.Error(), false, (&cardFault{err: err}).hint()}
}
