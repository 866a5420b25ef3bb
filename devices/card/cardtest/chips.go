package cardtest

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ProtonMail/go-crypto/brainpool"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// RunChips reads identity cards on readers that set makes: every way of opening
// them, their quirks, proofs of being no copy, and copies. With thorough, every
// cipher on every curve; else one of each.
func RunChips(t *testing.T, set func(*testing.T) Bench, thorough bool) {
	runChips(t, set, thorough, func(t *testing.T, test func(*testing.T)) { test(t) })
}

// RunChipsInBubble is RunChips with each case in a synctest bubble.
func RunChipsInBubble(t *testing.T, set func(*testing.T) Bench, thorough bool) {
	runChips(t, set, thorough, synctest.Test)
}

func runChips(t *testing.T, set func(*testing.T) Bench, thorough bool, in func(*testing.T, func(*testing.T))) {
	one := func(name string, test func(*testing.T, Bench)) {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				b := set(t)
				defer func() { _ = b.Reader.Close() }()
				test(t, b)
			})
		})
	}
	ways := cardsim.Ways()
	if !thorough {
		ways = ways[1:2]
	}
	for _, w := range ways {
		for _, m := range []emrtd.Method{emrtd.PACEWithCAN, emrtd.PACEWithMRZ} {
			one(fmt.Sprintf("%s/%v", m, w), func(t *testing.T, b Bench) {
				opens(t, b, cardsim.Plan{PACE: []cardsim.Way{w}}, m)
			})
		}
	}
	one("BAC", func(t *testing.T, b Bench) { opens(t, b, cardsim.Plan{BAC: true}, emrtd.BAC) })
	for _, c := range orders() {
		one("Order/"+c.name, func(t *testing.T, b Bench) { inOrder(t, b, c) })
	}
	for name, q := range quirks() {
		one("Quirk/"+name, func(t *testing.T, b Bench) { withQuirk(t, b, q) })
	}
	for _, p := range proofs(thorough) {
		one("Proof/"+p.name, func(t *testing.T, b Bench) { proves(t, b, p.plan, false) })
		if p.plan.ActiveRSA <= 1024 { // longer keys take long to make
			one("Copy/"+p.name, func(t *testing.T, b Bench) { proves(t, b, p.plan, true) })
		}
	}
	one("OtherCard", otherCard)
	one("PACEHidden", hidden)
}

// keys gives the passwords of the specimen, the CAN only, the zone only, or both.
func keys(t testing.TB, can, mrz bool) []*emrtd.Password {
	t.Helper()
	who, _ := cardsim.Specimen(0)
	var list []*emrtd.Password
	if mrz {
		list = append(list, password(t, who.MRZ, emrtd.NewMRZ))
	}
	if can {
		list = append(list, password(t, who.CAN, emrtd.NewCAN))
	}
	return list
}

func password(t testing.TB, s lds.Secret, make func(lds.Secret) (*emrtd.Password, error)) *emrtd.Password {
	t.Helper()
	p, err := make(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func locks(t testing.TB, p cardsim.Plan) *cardsim.Locks {
	t.Helper()
	l, err := cardsim.NewLocks(p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// lay lays a chip on the reader and gives the card.
func lay(t *testing.T, b Bench, c *cardsim.Chip) card.Card {
	t.Helper()
	b.Lay(c)
	return next[card.Tapped](t, b).Card
}

// lift takes it off again.
func lift(t *testing.T, b Bench, c card.Card) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	b.Lift()
	next[card.Lifted](t, b)
}

// same reads a file and holds it against the chip's.
func same(ctx context.Context, t *testing.T, e *emrtd.Chip, c *cardsim.Chip, f lds.File) error {
	t.Helper()
	b, err := e.Read(ctx, f)
	if err != nil {
		return err
	}
	if !bytes.Equal(b, c.File(f)) {
		t.Errorf("%v: %d bytes read are not the %d on the chip", f, len(b), len(c.File(f)))
	}
	return nil
}

func opens(t *testing.T, b Bench, p cardsim.Plan, want emrtd.Method) {
	c := chip(t, locks(t, p), 700, cardsim.Quirks{})
	k := lay(t, b, c)
	var progress []string
	e, err := emrtd.Open(t.Context(), k, emrtd.Options{
		Passwords: keys(t, want != emrtd.PACEWithMRZ, want != emrtd.PACEWithCAN),
		Progress:  func(p emrtd.Progress) { progress = append(progress, fmt.Sprint(p)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if e.Method() != want {
		t.Errorf("opened by %s; want %s", e.Method(), want)
	}
	for _, f := range []lds.File{lds.COM, lds.SOD, lds.DG1, lds.DG2, lds.DG13} {
		if err := same(t.Context(), t, e, c, f); err != nil {
			t.Error(err)
		}
	}
	// What is not to be had does no harm to what is.
	if _, err := e.Read(t.Context(), lds.DG11); !errors.Is(err, emrtd.ErrAbsent) {
		t.Errorf("DG11: %v; want that it is absent", err)
	}
	if _, err := e.Read(t.Context(), lds.DG3); !errors.Is(err, emrtd.ErrForbidden) {
		t.Errorf("DG3: %v; want that it is forbidden", err)
	}
	if err := same(t.Context(), t, e, c, lds.DG1); err != nil {
		t.Error(err)
	}
	silent(t, "progress", fmt.Sprint(progress))
	silent(t, "chip", fmt.Sprintf("%v %+v %#v", e, e, e))
	e.Close()
	e.Close()
	if _, err := e.Read(t.Context(), lds.DG1); !errors.Is(err, devices.ErrClosed) {
		t.Errorf("Read after Close = %v", err)
	}
	lift(t, b, k)
}

// order is what is known, what the chip can do, and what comes of it.
type order struct {
	name string
	plan cardsim.Plan
	can  lds.Secret // "" = none
	mrz  []lds.Secret
	want emrtd.Method // "" = ErrAsk
	deaf bool         // the chip knows no CAN
}

func orders() []order {
	who, _ := cardsim.Specimen(0)
	pace := []cardsim.Way{cardsim.Ways()[1]}
	both := cardsim.Plan{PACE: pace, BAC: true}
	other := lds.MRZKey("090999999", "900131", "991231")
	more := []lds.Secret{other, lds.MRZKey("090999999", "900131", "400131"), lds.MRZKey("090999999", "900131", "500131"), lds.MRZKey("090999999", "900131", "600131")}
	return []order{
		{"CAN first", both, who.CAN, []lds.Secret{who.MRZ}, emrtd.PACEWithCAN, false},
		{"wrong CAN, right zone", both, "123456", []lds.Secret{who.MRZ}, emrtd.PACEWithMRZ, false},
		{"second zone fits", both, "", []lds.Secret{other, who.MRZ}, emrtd.PACEWithMRZ, false},
		{"no PACE", cardsim.Plan{BAC: true}, who.CAN, []lds.Secret{who.MRZ}, emrtd.BAC, false},
		{"no PACE, second zone fits", cardsim.Plan{BAC: true}, who.CAN, []lds.Secret{other, who.MRZ}, emrtd.BAC, false},
		{"no PACE and no zone", cardsim.Plan{BAC: true}, who.CAN, nil, "", false},
		{"wrong CAN", both, "123456", nil, "", false},
		{"wrong zone", both, "", []lds.Secret{other}, "", false},
		{"nothing known", both, "", nil, "", false},
		{"right only after four wrong", both, "123456", append(more, who.MRZ), "", false},
		{"no CAN on the chip, which is no try", both, who.CAN, append(more[:3:3], who.MRZ), emrtd.PACEWithMRZ, true},
	}
}

func inOrder(t *testing.T, b Bench, o order) {
	who, files := cardsim.Specimen(200)
	if o.deaf {
		who.CAN = ""
	}
	c, err := cardsim.New(locks(t, o.plan), who, files, cardsim.Quirks{WrongPassword: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	k := lay(t, b, c)
	var passwords []*emrtd.Password
	for _, s := range o.mrz {
		passwords = append(passwords, password(t, s, emrtd.NewMRZ))
	}
	if o.can != "" {
		passwords = append(passwords, password(t, o.can, emrtd.NewCAN))
	}
	tries, free := 0, 0
	if o.deaf {
		free = 1
	}
	start := time.Now()
	e, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: passwords, Progress: func(p emrtd.Progress) {
		if strings.HasPrefix(p.Step, "open by") {
			tries++
		}
	}})
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v; want less than two seconds", took)
	}
	if tries > 4+free {
		t.Errorf("%d tries; want at most four", tries)
	}
	if o.want == "" {
		if !errors.Is(err, emrtd.ErrAsk) || !errors.Is(err, devices.ErrVisitor) {
			t.Fatalf("Open = %v; want to be told to ask", err)
		}
		silent(t, "error", err.Error())
		lift(t, b, k)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Method() != o.want {
		t.Errorf("opened by %s; want %s", e.Method(), o.want)
	}
	if err := same(t.Context(), t, e, c, lds.DG1); err != nil {
		t.Error(err)
	}
}

func quirks() map[string]cardsim.Quirks {
	return map[string]cardsim.Quirks{
		"HasMasterFile":  {HasMasterFile: true},
		"NeedsMaster":    {HasMasterFile: true, NeedsMaster: true},
		"NoShortNames":   {NoShortNames: true},
		"NoPastEnd":      {NoPastEnd: true},
		"MaxLe":          {MaxLe: 0xA0},
		"MaxLeNoPastEnd": {MaxLe: 0xA0, NoPastEnd: true, NoShortNames: true},
		"Chains":         {Chains: true},
		"CardExtended":   {ATR: []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC0, 0x21, 0x40, 0x56}},
	}
}

// withQuirk reads a file that is long enough for both forms of READ BINARY.
func withQuirk(t *testing.T, b Bench, q cardsim.Quirks) {
	p := cardsim.Plan{PACE: []cardsim.Way{cardsim.Ways()[1]}, ActiveCurve: elliptic.P256()}
	c := chip(t, locks(t, p), 70_000, q)
	k := lay(t, b, c)
	e, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: keys(t, true, true)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, f := range []lds.File{lds.COM, lds.DG2, lds.DG1, lds.DG13, lds.DG15} {
		if err := same(t.Context(), t, e, c, f); err != nil {
			t.Error(err)
		}
	}
}

type proof struct {
	name string
	plan cardsim.Plan
}

func proofs(thorough bool) []proof {
	open := cardsim.Ways()[1:2]
	list := []proof{
		{"active RSA-1024", cardsim.Plan{BAC: true, ActiveRSA: 1024}},
		{"active RSA-2048", cardsim.Plan{PACE: open, ActiveRSA: 2048}}, // longer than a short answer
		{"active P-256", cardsim.Plan{PACE: open, ActiveCurve: elliptic.P256()}},
		{"active brainpoolP384r1", cardsim.Plan{PACE: open, ActiveCurve: brainpool.P384r1()}},
		{"active brainpoolP512r1", cardsim.Plan{BAC: true, ActiveCurve: brainpool.P512r1()}},
	}
	for i, w := range cardsim.Ways() {
		// Each cipher on P-256, each curve with AES-128; the least is 3DES on P-256
		// and AES-128 on brainpoolP256r1.
		if i == 0 || i == 9 || thorough && (i < 4 || w.Cipher == suite.AES128) {
			list = append(list, proof{"chip " + w.String(), cardsim.Plan{PACE: open, Chip: w}})
		}
	}
	return list
}

// proves runs what proofs the chip can give; a copy fails each.
func proves(t *testing.T, b Bench, p cardsim.Plan, isCopy bool) {
	c := chip(t, locks(t, p), 300, cardsim.Quirks{})
	if isCopy {
		// A copy has the files of another chip and keys of its own.
		for f, make := range map[lds.File]func(*cardsim.Locks) ([]byte, error){lds.DG14: (*cardsim.Locks).DG14, lds.DG15: (*cardsim.Locks).DG15} {
			file, err := make(locks(t, p))
			if err != nil {
				t.Fatal(err)
			}
			c.Write(f, file)
		}
	}
	k := lay(t, b, c)
	e, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: keys(t, true, true)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = prove(t.Context(), t, e, c)
	if !isCopy {
		if err != nil {
			t.Fatal(err)
		}
		if err := same(t.Context(), t, e, c, lds.DG2); err != nil { // the line works on
			t.Error(err)
		}
		return
	}
	if !errors.Is(err, emrtd.ErrClone) {
		t.Errorf("a copy gives %v; want ErrClone", err)
	}
}

// prove reads what the chip can do and has it proven.
func prove(ctx context.Context, t *testing.T, e *emrtd.Chip, c *cardsim.Chip) error {
	var can lds.Security
	if c.File(lds.DG14) != nil {
		if err := same(ctx, t, e, c, lds.DG14); err != nil {
			return err
		}
		var err error
		if can, err = lds.ReadDG14(c.File(lds.DG14)); err != nil {
			return err
		}
		if err := e.CheckAccess(can); err != nil {
			return err
		}
		if len(can.ChipKeys) > 0 {
			if err := e.AuthenticateChip(ctx, can); err != nil {
				return err
			}
		}
	}
	if c.File(lds.DG15) == nil {
		return nil
	}
	if err := same(ctx, t, e, c, lds.DG15); err != nil {
		return err
	}
	key, err := lds.ReadDG15(c.File(lds.DG15))
	if err != nil {
		return err
	}
	return e.AuthenticateActive(ctx, key, can)
}

// otherCard lays a chip on that is no identity card.
func otherCard(t *testing.T, b Bench) {
	c := chip(t, locks(t, cardsim.Plan{}), 100, cardsim.Quirks{})
	c.Fail(4, cardsim.OtherStatus) // SELECT of the application: file not found
	k := lay(t, b, c)
	if _, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: keys(t, true, true)}); !errors.Is(err, emrtd.ErrWrongCard) {
		t.Errorf("Open = %v; want ErrWrongCard", err)
	}
}

// hidden takes PACE away on the way to the chip: BAC works, and DG14 tells.
func hidden(t *testing.T, b Bench) {
	way := cardsim.Ways()[1]
	c := chip(t, locks(t, cardsim.Plan{PACE: []cardsim.Way{way}, BAC: true}), 100, cardsim.Quirks{})
	signed := c.File(lds.DG14)
	weaker := locks(t, cardsim.Plan{PACE: []cardsim.Way{{Cipher: suite.TDES, Curve: way.Curve}}, BAC: true})
	access, err := weaker.CardAccess()
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"gone": nil, "weaker": access} {
		c.Write(lds.CardAccess, file)
		k := lay(t, b, c)
		e, err := emrtd.Open(t.Context(), k, emrtd.Options{Passwords: keys(t, true, true)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if e.Method() != emrtd.BAC {
			t.Errorf("%s: opened by %s", name, e.Method())
		}
		can, err := lds.ReadDG14(signed)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.CheckAccess(can); !errors.Is(err, emrtd.ErrDowngrade) {
			t.Errorf("%s: CheckAccess = %v; want ErrDowngrade", name, err)
		}
		e.Close()
		lift(t, b, k)
	}
}
