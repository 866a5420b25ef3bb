package cardtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// today is when every card of the suite is inspected.
var today = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// RunInspections inspects cards that a state issued on readers that set makes:
// every kind that is in people's hands, and with every fault of the state's, of
// the chip's and of its holder's hands; on the line, each fault strikes at each
// exchange. Each must end in the error or the level that names it, the reader must
// work after it and the next card come out genuine. Nothing said meanwhile may
// tell of the holder or show a key.
//
// Faults that were put into package inspection on purpose, and the case that found
// each:
//
//	DG14 is not held against EF.CardAccess    Downgrade
//	an unsigned DG14 is held against it       Written/DG14, where it names PACE
//	noise ends the inspection                 Struck, Copy
//	what was read is read again after noise   Struck
//	wrong passwords are tried after noise     Struck
//	what the SOD does not cover is read       State/hash-missing
//	a copy is taken for one that is slow      Copy
//	a copy is read to its end                 Copy
//	the dearer proof is taken                 Absent/DG15
//	the session is left open                  Flavour
//	an error tells a password                 every case that fails
//	a key withheld passes for none            Absent/DG15
//	a portrait that was altered is given away Written/DG2
//
// Some lived, as no card of the suite is of the kind: PACE refused in the chip's
// stead, answers that break off beyond some length, a password tried again after
// noise. They fall to package inspection's own tests.
func RunInspections(t *testing.T, set func(*testing.T) Bench, much Depth) {
	runInspections(t, set, much, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// RunInspectionsInBubble is RunInspections, everything, in synctest bubbles.
func RunInspectionsInBubble(t *testing.T, set func(*testing.T) Bench) {
	runInspections(t, set, Everything, synctest.Test)
}

// Depth is how much of the suite is run.
type Depth int

// The depths, for readers on which a card takes seconds, tenths, or no time.
const (
	Few        Depth = iota // some cases
	OfEachKind              // one case of each kind, a fault at one exchange of each kind
	Everything              // every case, every fault at every exchange
)

// runs tells whether a case is run, by its kind and whether one of it was.
func (d Depth) runs(kind string, again bool) bool {
	switch d {
	case Few:
		return !again && slices.Contains([]string{"Flavour", "Copy", "Written", "WrongNumber", "Struck"}, kind)
	case OfEachKind:
		return !again || kind == "Flavour" || kind == "Struck"
	}
	return true
}

func runInspections(t *testing.T, set func(*testing.T) Bench, much Depth, in func(*testing.T, func(*testing.T))) {
	o := open(t)
	o.thorough = much == Everything
	seen := map[string]bool{}
	one := func(name string, test func(*testing.T, Bench, *office)) {
		kind, _, _ := strings.Cut(name, "/")
		if !much.runs(kind, seen[kind]) {
			return
		}
		seen[kind] = true
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				b := set(t)
				defer func() { _ = b.Reader.Close() }()
				test(t, b, o)
			})
		})
	}
	for _, f := range ldstest.Flavours() {
		one("Flavour/"+string(f), func(t *testing.T, b Bench, o *office) { flavour(t, b, o, f) })
	}
	for _, c := range cases() {
		one(c.name, func(t *testing.T, b Bench, o *office) { o.visit(t, b, c); o.next(t, b) })
	}
	for name, q := range quirks() {
		one("Quirk/"+name, func(t *testing.T, b Bench, o *office) {
			o.visit(t, b, visit{quirks: q, level: trust.ChipGenuine})
		})
	}
	one("WrongNumber", wrongNumber)
	one("Cancelled", cancelled)
	methods := []trust.Method{trust.ActiveAuthentication, trust.ChipAuthentication}
	if !o.thorough {
		methods = methods[:1]
	}
	for _, by := range methods {
		one("Crowd/"+string(by), func(t *testing.T, b Bench, o *office) { crowd(t, b, o, by) })
		for _, f := range cardsim.Faults() {
			if f.String() == cardsim.Silent.String() && !o.thorough {
				continue // it costs the reader's patience, and Run has it
			}
			one(fmt.Sprintf("Struck/%v/%s", f, by), func(t *testing.T, b Bench, o *office) { struck(t, b, o, f, by) })
		}
	}
}

// office is an invented state and what a station trusts of it.
type office struct {
	state   *ldstest.State
	anchors *trust.Anchors
	healthy *ldstest.Card // the next in the queue, a child
	said    ledger
	// thorough says that faults strike at every exchange.
	thorough bool
}

func open(t *testing.T) *office {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := trust.New(trust.Rules{State: "VN", RequireCRL: true}, state.Root(), state.RevocationList(today.Add(24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{state: state, anchors: anchors}
	o.healthy = o.issue(t, ldstest.Child.Person(), ldstest.Chip{}, ldstest.None)
	return o
}

// issue makes a card with a small picture and, unless c says so, with PACE over
// AES-128 on P-256.
func (o *office) issue(t *testing.T, who ldstest.Person, c ldstest.Chip, f ldstest.Fault) *ldstest.Card {
	t.Helper()
	if c.PACE == nil {
		c.PACE = []lds.PACE{{Protocol: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, Version: 2, Parameter: 12}}
	}
	if c.ChipKey == "" {
		c.ChipKey = ldstest.P256
	}
	if who.Codec == lds.JPEG {
		c.Photo = append([]byte("\xFF\xD8\xFF"), bytes.Repeat([]byte("nobody's face"), 30)...)
	}
	made, err := o.state.Issue(who, c, f)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// wanted is what a procedure reads, the state's fields and the picture included.
var wanted = []lds.File{lds.DG1, lds.DG13, lds.DG2}

// inspect reads a card as a station does, with what its holder knows, and puts
// down everything that is said.
func (o *office) inspect(ctx context.Context, k card.Card, passwords ...lds.Secret) (*inspection.Result, error) {
	got, err := inspection.Inspect(ctx, k, inspection.Options{
		Passwords: passwords, Groups: wanted, Anchors: o.anchors, Now: func() time.Time { return today },
		Reached: func(s inspection.Step) { o.said.add(s) },
	})
	o.said.add(passwords)
	if err != nil {
		o.said.add(err)
		return nil, err
	}
	for _, v := range []any{got, *got, got.Proof, got.Times, got.Method} {
		o.said.add(v)
	}
	for _, err := range got.Noise {
		o.said.add(err)
	}
	return got, nil
}

// next lays a healthy card on the same reader, which must come out genuine.
func (o *office) next(t *testing.T, b Bench) {
	t.Helper()
	c, err := cardsim.Issued(o.healthy, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	k := lay(t, b, c)
	got, err := o.inspect(t.Context(), k, lds.Secret(o.healthy.Person.CAN()))
	if err != nil || got.Proof.Level != trust.ChipGenuine {
		t.Fatalf("the next card is %v, %v", got, err)
	}
	got.Wipe()
	o.said.hold(t, secretsOf(o.healthy.Person, c))
	lift(t, b, k)
}

// flavour inspects a good card of a kind: it is genuine, what was asked for is
// what is on it, and nothing else was read but what the proof needs.
func flavour(t *testing.T, b Bench, o *office, f ldstest.Flavour) {
	made := o.issue(t, f.Person(), ldstest.Chip{}, ldstest.None)
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	k := lay(t, b, c)
	for range 2 { // it can be inspected again
		got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN()))
		if err != nil {
			t.Fatal(err)
		}
		if p := got.Proof; p.Level != trust.ChipGenuine || len(p.Doubts)+len(p.Notes)+len(got.Noise) > 0 {
			t.Errorf("level %v, doubts %v, notes %v, noise %v; want it genuine", p.Level, p.Doubts, p.Notes, got.Noise)
		}
		for f, b := range got.Files {
			if !slices.Contains(append(wanted, lds.SOD, lds.DG14, lds.DG15), f) || !bytes.Equal(b, c.File(f)) {
				t.Errorf("%v: %d bytes; the chip has %d", f, len(b), len(c.File(f)))
			}
		}
		for _, f := range wanted {
			if (got.Files[f] == nil) != (c.File(f) == nil) {
				t.Errorf("%v was read: %v; the chip has it: %v", f, got.Files[f] != nil, c.File(f) != nil)
			}
		}
		held := got.Files[lds.DG13]
		got.Wipe()
		if len(got.Files) > 0 || len(bytes.Trim(held, "\x00")) > 0 {
			t.Error("Wipe left something")
		}
	}
	o.said.hold(t, secretsOf(made.Person, c))
	lift(t, b, k)
	o.next(t, b)
}

// visit is one card, what was done to it, and what must come of it.
type visit struct {
	name   string
	chip   ldstest.Chip
	fault  ldstest.Fault
	quirks cardsim.Quirks
	spoil  func(*testing.T, *cardsim.Chip) // what was done to the chip after it was issued
	mrz    bool                            // the holder knows the zone, not the CAN

	err    error       // that ends it; nil = a result
	level  trust.Level // of the result
	reason trust.Reason
	refuse bool     // the doubts hold a contradiction
	unread lds.File // must not be in the result, as nothing vouches for it; 0 = none
}

// visit inspects one card and holds what comes of it against what must.
func (o *office) visit(t *testing.T, b Bench, v visit) {
	t.Helper()
	made := o.issue(t, ldstest.CCCD2021.Person(), v.chip, v.fault)
	c, err := cardsim.Issued(made, v.quirks)
	if err != nil {
		t.Fatal(err)
	}
	if v.spoil != nil {
		v.spoil(t, c)
	}
	password := lds.Secret(made.Person.CAN())
	if v.mrz {
		zone, err := lds.ReadMRZ(made.Person.MRZ())
		if err != nil {
			t.Fatal(err)
		}
		password = zone.Key()
	}
	k := lay(t, b, c)
	got, err := o.inspect(t.Context(), k, password)
	switch {
	case v.err != nil:
		if got != nil || !errors.Is(err, v.err) {
			t.Errorf("Inspect = %v, %v; want %v", got, err, v.err)
		}
	case err != nil:
		t.Errorf("Inspect = %v; want level %s", err, v.level)
	default:
		p := got.Proof
		said := append(slices.Clone(p.Doubts), p.Notes...)
		named := v.reason == "" && len(said) == 0 || slices.ContainsFunc(said, func(d trust.Doubt) bool { return d.Reason == v.reason })
		if p.Level != v.level || !named || len(p.Contradictions()) > 0 != v.refuse {
			t.Errorf("level %s, doubts %v, notes %v; want %s, %q, to be refused: %v", p.Level, p.Doubts, p.Notes, v.level, v.reason, v.refuse)
		}
		if v.unread != 0 && got.Files[v.unread] != nil {
			t.Errorf("%v is in the result; want it left out", v.unread)
		}
	}
	o.said.hold(t, secretsOf(made.Person, c))
	lift(t, b, k)
}

// wrongNumber lays a card on whose number was mistyped: soon told, without
// another try, and the right number opens it as it lies.
func wrongNumber(t *testing.T, b Bench, o *office) {
	made := o.issue(t, ldstest.CCCD2021.Person(), ldstest.Chip{}, ldstest.None)
	c, err := cardsim.Issued(made, cardsim.Quirks{WrongPassword: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	k := lay(t, b, c)
	for range 2 {
		start := time.Now()
		_, err := o.inspect(t.Context(), k, "123456")
		if took := time.Since(start); !errors.Is(err, emrtd.ErrAsk) || !errors.Is(err, devices.ErrVisitor) || took > 2*time.Second {
			t.Errorf("Inspect = %v after %v; want to be told to ask within two seconds", err, took)
		}
	}
	if got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN())); err != nil || got.Proof.Level != trust.ChipGenuine {
		t.Errorf("with the right number: %v, %v", got, err)
	}
	o.said.hold(t, append(secretsOf(made.Person, c), secret{"mistyped number", "123456"}))
	lift(t, b, k)
	o.next(t, b)
}

// cancelled ends the context in the middle of things: its own error comes bare,
// and the card can be inspected as it lies.
func cancelled(t *testing.T, b Bench, o *office) {
	made := o.issue(t, ldstest.CCCD2021.Person(), ldstest.Chip{}, ldstest.None)
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	k := lay(t, b, c)
	for _, n := range []int{1, 4, 9, 14} {
		c.Fail(n, cardsim.Slow(b.Patience/2))
		ctx, cancel := context.WithTimeout(t.Context(), b.Patience/10)
		_, err := o.inspect(ctx, k, lds.Secret(made.Person.CAN()))
		cancel()
		if err != context.DeadlineExceeded {
			t.Errorf("cancelled at exchange %d: %v; want the context's own error, bare", n, err)
		}
	}
	if got, err := o.inspect(t.Context(), k, lds.Secret(made.Person.CAN())); err != nil || got.Proof.Level != trust.ChipGenuine {
		t.Errorf("after it: %v, %v", got, err)
	}
	o.said.hold(t, secretsOf(made.Person, c))
	lift(t, b, k)
	o.next(t, b)
}
