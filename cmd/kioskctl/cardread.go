package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"motcua/devices/card/cccd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
)

type cardReadCmd struct {
	cardUnit
	cardKeys
	Photo   bool          `help:"Read the picture too, for its time; it is shown to nobody."`
	Timeout time.Duration `default:"1m" help:"How long to wait for a card (${default})."`
}

// Help says how to keep a number out of the shell's history, and the exit codes.
func (cardReadCmd) Help() string {
	return "Give - for N or TEXT, and the line is read from standard input: what stands on the command line stays in the shell's history.\n\n" + exitCodes
}

// proven is what is told of a card. It holds nothing that the card says of its
// holder.
type proven struct {
	Opened    string      `json:"opened"`
	Level     string      `json:"level"`
	Signature string      `json:"signature"`
	Issuer    string      `json:"issuer"`
	Doubts    []string    `json:"doubts"`
	Notes     []string    `json:"notes"`
	Noise     []string    `json:"noise"`
	Agrees    []agreement `json:"agrees"`
	Steps     []took      `json:"steps"`
	Total     took        `json:"total"`
}

// agreement is whether two things that the card, or its code, says are the same.
type agreement struct {
	Of string `json:"of"` // "DG13 with DG1"
	Is string `json:"is"` // "the same", or in which fields they differ
}

type took struct {
	Step         string  `json:"step"`
	Milliseconds float64 `json:"milliseconds"`
	Exchanges    int     `json:"exchanges"`
	Bytes        int     `json:"bytes"`
}

// errRefuse: the card was read, and is not to be believed.
var errRefuse = errors.New("this card must be refused")

// Run reads one card.
func (c cardReadCmd) Run(d *desk) error {
	keys, err := c.read(d.in, d.now)
	if err != nil {
		return err
	}
	p, t, err := c.unit()
	if err != nil {
		return err
	}
	anchors, err := openAnchors(t, d.words)
	if err != nil {
		return err
	}
	reader, err := d.readers(d.ctx, p, c.Daemon)
	if err != nil {
		return &cardFault{err: err}
	}
	defer func() { _ = reader.Close() }()
	fmt.Fprintln(d.words, "kioskctl: lay the card on the reader and leave it there")
	k, err := tapped(d.ctx, reader, c.Timeout)
	if err != nil {
		return &cardFault{err: err}
	}
	defer func() { _ = k.Close() }()
	groups := []lds.File{lds.DG1, lds.DG13}
	if c.Photo {
		groups = append(groups, lds.DG2)
	}
	var at inspection.Step
	begun := false
	got, err := inspection.Inspect(d.ctx, k, inspection.Options{
		Passwords: keys.secrets, Groups: groups, Anchors: anchors,
		Now:     func() time.Time { return d.now },
		Reached: func(s inspection.Step) { at, begun = s, true },
	})
	if err != nil {
		return &cardFault{err, while(at, begun)}
	}
	defer got.Wipe()
	told, differs := tell(got, keys.code)
	if err := d.give(told, told.table); err != nil {
		return err
	}
	if against := got.Proof.Contradictions(); len(against) > 0 {
		return fmt.Errorf("%w: %s", errRefuse, strings.Join(words(against), ", "))
	}
	if differs != nil {
		return fmt.Errorf("%w: %w", errRefuse, differs)
	}
	return nil
}

// tell gives what may be told of an inspection, and what the card says in two ways.
func tell(r *inspection.Result, code cccd.QR) (proven, error) {
	agrees, differs := agreements(r.Files, code)
	p := proven{
		Opened: string(r.Method), Level: string(r.Proof.Level), Signature: r.Proof.Signature,
		Doubts: words(r.Proof.Doubts), Notes: words(r.Proof.Notes), Noise: []string{}, Steps: []took{},
		Agrees: agrees,
	}
	if sod, err := trust.ReadSOD(r.Files[lds.SOD]); err == nil {
		p.Issuer = sod.Issuer()
	}
	for _, err := range r.Noise {
		p.Noise = append(p.Noise, err.Error())
	}
	sum := inspection.Timing{}
	for _, t := range r.Times {
		step := t.Step.String()
		if t.File != 0 {
			step += " " + t.File.String()
		}
		p.Steps = append(p.Steps, taken(step, t))
		sum.Took, sum.Exchanges, sum.Bytes = sum.Took+t.Took, sum.Exchanges+t.Exchanges, sum.Bytes+t.Bytes
	}
	p.Total = taken("all", sum)
	return p, differs
}

func taken(step string, t inspection.Timing) took {
	return took{step, float64(t.Took.Round(10*time.Microsecond)) / float64(time.Millisecond), t.Exchanges, t.Bytes}
}

func words(doubts []trust.Doubt) []string {
	list := make([]string, len(doubts))
	for i, d := range doubts {
		list[i] = fmt.Sprintf("%s (%s)", d.Reason.Error(), string(d.Reason))
		if d.File != 0 {
			list[i] = d.File.String() + ": " + list[i]
		}
	}
	return list
}

// errName: the two names on the chip do not fit, which may be an issuer's way of
// shortening.
var errName = errors.New("does not fit: look at the card, but do not refuse it for that")

// agreements holds the state's own fields against the zone and the code. The error
// names what differs, for which the card must be refused.
func agreements(files map[lds.File][]byte, code cccd.QR) (list []agreement, differs error) {
	fields, err := cccd.Read(files[lds.DG13], time.UTC, cccd.Number, cccd.Name, cccd.Born, cccd.Sex, cccd.Issued, cccd.Expires, cccd.Former)
	if err != nil {
		return []agreement{{"DG13", "not understood: " + err.Error()}}, nil
	}
	add := func(of string, err error) {
		is := "the same"
		if err != nil {
			is = err.Error()
		}
		if _, ok := errors.AsType[*cccd.Mismatch](err); ok && differs == nil {
			differs = err
		}
		list = append(list, agreement{of, is})
	}
	zone, err := lds.ReadDG1(files[lds.DG1])
	if err == nil {
		err = fields.CompareMRZ(zone)
	}
	add("DG13 with DG1", err)
	if err == nil && !fields.NameFits(zone) {
		add("name with DG1", errName)
	}
	if code.Number != "" {
		add("DG13 with the code", fields.CompareQR(code))
	}
	return list, differs
}

func (p proven) table(w *tabwriter.Writer) {
	row(w, "level", p.Level)
	row(w, "opened by", p.Opened)
	row(w, "signed by", p.Signature)
	row(w, "issuer", p.Issuer)
	for _, a := range p.Agrees {
		row(w, a.Of, a.Is)
	}
	for _, list := range []struct {
		name string
		what []string
	}{{"doubt", p.Doubts}, {"note", p.Notes}, {"noise", p.Noise}} {
		for _, s := range list.what {
			row(w, list.name, s)
		}
	}
	fmt.Fprintln(w)
	row(w, "STEP", "TIME", "EXCHANGES", "BYTES")
	for _, t := range slices.Concat(p.Steps, []took{p.Total}) {
		row(w, t.Step, fmt.Sprintf("%.1f ms", t.Milliseconds), t.Exchanges, t.Bytes)
	}
}
