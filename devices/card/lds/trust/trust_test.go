package trust_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.FixedZone("ICT", 7*3600))

const day = 24 * time.Hour

func found(t testing.TB, o ldstest.Options) *ldstest.State {
	t.Helper()
	o.Now = now
	s, err := ldstest.NewState(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func issue(t testing.TB, s *ldstest.State, f ldstest.Fault) *ldstest.Card {
	t.Helper()
	chip := ldstest.Chip{ChipKey: ldstest.P256, Photo: []byte("\xFF\xD8\xFF, and nobody's face")}
	card, err := s.Issue(ldstest.CCCD2021.Person(), chip, f)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func anchor(t testing.TB, rules trust.Rules, files ...[]byte) *trust.Anchors {
	t.Helper()
	a, err := trust.New(rules, files...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Every way a state may sign, curves by name and by number.
func TestCheckEverySuite(t *testing.T) {
	for _, tt := range []struct {
		o    ldstest.Options
		want string
	}{
		{ldstest.Options{Suite: ldstest.RSA}, "RSA SHA-256"},
		{ldstest.Options{Suite: ldstest.PSS, Digest: crypto.SHA512}, "RSA-PSS SHA-512"},
		{ldstest.Options{Suite: ldstest.P256}, "ECDSA SHA-256 P-256"},
		{ldstest.Options{Suite: ldstest.P384, Digest: crypto.SHA384, Explicit: true}, "ECDSA SHA-384 P-384"},
		{ldstest.Options{Suite: ldstest.P521, Digest: crypto.SHA512}, "ECDSA SHA-512 P-521"},
		{ldstest.Options{Suite: ldstest.BrainpoolP256}, "ECDSA SHA-256 brainpoolP256r1"},
		{ldstest.Options{Suite: ldstest.BrainpoolP384}, "ECDSA SHA-256 brainpoolP384r1"},
		{ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA384, Explicit: true}, "ECDSA SHA-384 brainpoolP384r1"},
		{ldstest.Options{Suite: ldstest.BrainpoolP512, Digest: crypto.SHA512, Explicit: true}, "ECDSA SHA-512 brainpoolP512r1"},
	} {
		t.Run(fmt.Sprintf("%s explicit=%v", tt.want, tt.o.Explicit), func(t *testing.T) {
			t.Parallel()
			s := found(t, tt.o)
			a := anchor(t, trust.Rules{State: "VN", RequireCRL: true}, s.Root(), s.RevocationList(now.Add(day)))
			card := issue(t, s, ldstest.None)
			p := a.Check(card.Files[lds.SOD], card.Groups(), now)
			if p.Level != trust.ChipVerified || len(p.Notes) > 0 || len(p.Doubts) != 1 || !p.Has(trust.ChipNotAsked) {
				t.Fatalf("Check = %s, doubts %v, notes %v; want verified, chip not asked", p.Level, p.Doubts, p.Notes)
			}
			if p.Signature != tt.want {
				t.Errorf("Signature = %q, want %q", p.Signature, tt.want)
			}
		})
	}
}

// Each fault gives its own reason, alone, and takes the level to chip-read.
func TestCheckEveryFault(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{State: "VN", RequireCRL: true}, s.Root(), s.RevocationList(now.Add(day)))
	want := map[ldstest.Fault]struct {
		reason      trust.Reason
		file        lds.File
		contradicts bool
	}{
		ldstest.SHA1Hashes:       {trust.DigestSHA1, lds.SOD, false},
		ldstest.SHA1Signer:       {trust.DigestSHA1, lds.SOD, false},
		ldstest.SHA1Certificate:  {trust.DigestSHA1, lds.SOD, false},
		ldstest.AlteredAttribute: {trust.SignatureWrong, lds.SOD, true},
		ldstest.WrongKey:         {trust.SignatureWrong, lds.SOD, true},
		ldstest.SignerAbsent:     {trust.SignerMissing, lds.SOD, false},
		ldstest.SignerEarly:      {trust.SignerEarly, lds.SOD, false},
		ldstest.SignerExpired:    {trust.SignerExpired, lds.SOD, false},
		ldstest.SignerRevoked:    {trust.SignerRevoked, lds.SOD, true},
		ldstest.SignerNoUsage:    {trust.SignerUsage, lds.SOD, true},
		ldstest.SignerIsCA:       {trust.SignerUsage, lds.SOD, true},
		ldstest.SignerDemand:     {trust.SignerExtension, lds.SOD, false},
		ldstest.ForgedSigner:     {trust.AnchorWrong, lds.SOD, true},
		ldstest.HashMissing:      {trust.GroupUncovered, lds.DG13, true},
		ldstest.HashTwice:        {trust.SODGarbled, lds.SOD, false},
		ldstest.TypeMissing:      {trust.SODGarbled, lds.SOD, false},
		ldstest.TypeTwice:        {trust.SODGarbled, lds.SOD, false},
		ldstest.TypeOther:        {trust.SODGarbled, lds.SOD, false},
		ldstest.DigestTwice:      {trust.SODGarbled, lds.SOD, false},
		ldstest.ContentOther:     {trust.SODGarbled, lds.SOD, false},
		ldstest.TwoSigners:       {trust.SODGarbled, lds.SOD, false},
	}
	for _, f := range ldstest.Faults() {
		t.Run(string(f), func(t *testing.T) {
			card := issue(t, s, f)
			p := a.Check(card.Files[lds.SOD], card.Groups(), now)
			if p.Level != trust.ChipRead {
				t.Fatalf("level %s", p.Level)
			}
			if f == ldstest.AlteredContent { // the last hash, that of DG15, is what was changed
				if len(p.Doubts) != 2 || !p.Has(trust.ContentAltered) || !p.Has(trust.GroupAltered) {
					t.Errorf("doubts %v", p.Doubts)
				}
				return
			}
			w, ok := want[f]
			if !ok {
				t.Fatal("no reason is expected of this fault")
			}
			if len(p.Doubts) != 1 || p.Doubts[0].Reason != w.reason || p.Doubts[0].File != w.file {
				t.Errorf("doubts %v, want %q about %v alone", p.Doubts, w.reason, w.file)
			}
			if got := len(p.Contradictions()) > 0; got != w.contradicts {
				t.Errorf("contradictions %v, want any: %v", p.Contradictions(), w.contradicts)
			}
		})
	}
}

// What is wanting on the station's side: anchors, lists, the clock.
func TestCheckAnchors(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	other := found(t, ldstest.Options{Suite: ldstest.P256, Country: "UT"})
	namesake := found(t, ldstest.Options{Suite: ldstest.P256})
	card := issue(t, s, ldstest.None)
	root, list := s.Root(), s.RevocationList(now.Add(day))
	strict := trust.Rules{State: "VN", RequireCRL: true}
	for _, tt := range []struct {
		name   string
		rules  trust.Rules
		files  [][]byte
		now    time.Time
		level  trust.Level
		reason trust.Reason // among doubts, or notes if the level is verified
	}{
		{"all there", strict, [][]byte{root, list}, now, trust.ChipVerified, ""},
		{"no anchor at all", strict, nil, now, trust.ChipRead, trust.AnchorMissing},
		{"another state's anchor", strict, [][]byte{other.Root()}, now, trust.ChipRead, trust.AnchorMissing},
		{"a namesake's anchor", strict, [][]byte{namesake.Root()}, now, trust.ChipRead, trust.AnchorWrong},
		{"a namesake's anchor beside it", strict, [][]byte{namesake.Root(), root, list}, now, trust.ChipVerified, ""},
		{"anchor of a state not asked for", trust.Rules{State: "UT"}, [][]byte{root, list}, now, trust.ChipRead, trust.AnchorForeign},
		{"any state will do", trust.Rules{}, [][]byte{root, list}, now, trust.ChipVerified, ""},
		{"anchor expired", strict, [][]byte{s.RootUntil(now.Add(-day)), list}, now, trust.ChipRead, trust.AnchorExpired},
		{"anchor renewed", strict, [][]byte{s.RootUntil(now.Add(-day)), root, list}, now, trust.ChipVerified, ""},
		{"clock before the anchor", trust.Rules{}, [][]byte{root}, now.Add(-2000 * day), trust.ChipRead, trust.AnchorEarly},
		{"clock after the signer", trust.Rules{}, [][]byte{root}, now.Add(4500 * day), trust.ChipRead, trust.SignerExpired},
		{"no list, required", strict, [][]byte{root}, now, trust.ChipRead, trust.CRLMissing},
		{"no list", trust.Rules{}, [][]byte{root}, now, trust.ChipVerified, trust.CRLMissing},
		{"list that never says when it is stale", strict, [][]byte{root, s.RevocationList(time.Time{})}, now, trust.ChipRead, trust.CRLStale},
		{"list stale, required", strict, [][]byte{root, s.RevocationList(now.Add(-time.Hour))}, now, trust.ChipRead, trust.CRLStale},
		{"list stale", trust.Rules{}, [][]byte{root, s.RevocationList(now.Add(-time.Hour))}, now, trust.ChipVerified, trust.CRLStale},
		{"list stale and a new one", strict, [][]byte{root, s.RevocationList(now.Add(-time.Hour)), list}, now, trust.ChipVerified, ""},
		{"new list and a stale one", strict, [][]byte{root, list, s.RevocationList(now.Add(-time.Hour))}, now, trust.ChipVerified, ""},
		{"list forged, required", strict, [][]byte{root, s.ForgedList(now.Add(day))}, now, trust.ChipRead, trust.CRLWrong},
		{"list forged, then a good one", strict, [][]byte{root, s.ForgedList(now.Add(day)), list}, now, trust.ChipVerified, ""},
		{"list of an anchor that may sign none", strict, [][]byte{s.RootWithoutLists(), list}, now, trust.ChipRead, trust.CRLWrong},
		{"another state's list", strict, [][]byte{root, other.RevocationList(now.Add(day))}, now, trust.ChipRead, trust.CRLMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := anchor(t, tt.rules, tt.files...).Check(card.Files[lds.SOD], card.Groups(), tt.now)
			if p.Level != tt.level {
				t.Errorf("level %s, want %s; doubts %v", p.Level, tt.level, p.Doubts)
			}
			among := p.Doubts
			if tt.level == trust.ChipVerified {
				among = p.Notes
			}
			if has := slices.ContainsFunc(among, func(d trust.Doubt) bool { return d.Reason == tt.reason }); has != (tt.reason != "") {
				t.Errorf("doubts %v, notes %v; want %q", p.Doubts, p.Notes, tt.reason)
			}
		})
	}
}

func TestCheckWithoutFiles(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{}, s.Root())
	card := issue(t, s, ldstest.None)
	sod := card.Files[lds.SOD]
	for _, tt := range []struct {
		name   string
		sod    []byte
		read   map[lds.File][]byte
		reason trust.Reason
	}{
		{"no SOD", nil, card.Groups(), trust.SODMissing},
		{"no data group", sod, nil, trust.NothingRead},
		{"only files that are no group", sod, map[lds.File][]byte{lds.COM: card.Files[lds.COM]}, trust.NothingRead},
		{"SOD cut short", sod[:len(sod)-1], card.Groups(), trust.SODGarbled},
		{"SOD of another tag", append([]byte{0x78}, sod[1:]...), card.Groups(), trust.SODGarbled},
		{"group empty", sod, map[lds.File][]byte{lds.DG1: nil}, trust.GroupAltered},
		{"groups swapped", sod, map[lds.File][]byte{lds.DG1: card.Files[lds.DG13], lds.DG13: card.Files[lds.DG1]}, trust.GroupAltered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p := a.Check(tt.sod, tt.read, now); p.Level != trust.ChipRead || !p.Has(tt.reason) {
				t.Errorf("Check = %s, %v; want %q", p.Level, p.Doubts, tt.reason)
			}
		})
	}
}

func TestShortKey(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.Short})
	card := issue(t, s, ldstest.None)
	p := anchor(t, trust.Rules{}, s.Root()).Check(card.Files[lds.SOD], card.Groups(), now)
	if p.Level != trust.ChipRead || !p.Has(trust.KeyShort) {
		t.Errorf("Check with an RSA key of 1024 bits = %s, %v", p.Level, p.Doubts)
	}
}

// No single bit of the SOD may change without costing the level or leaving the
// certificate's unsigned margins: every flip that is still verified must be one
// in which what is signed and who signed it is the same.
func TestCheckNoticesEveryBit(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{State: "VN"}, s.Root())
	card := issue(t, s, ldstest.None)
	sod, groups := card.Files[lds.SOD], map[lds.File][]byte{lds.DG1: card.Files[lds.DG1]}
	var passed []int
	for i := range sod {
		b := bytes.Clone(sod)
		b[i] ^= 1 << (i % 8)
		if p := a.Check(b, groups, now); p.Level != trust.ChipRead {
			passed = append(passed, i)
		}
	}
	// Two version numbers, the list of digests that is only a hint and the parameters of digests are all that nobody signed.
	if len(passed) > 32 {
		t.Errorf("%d of %d bytes may change: %v", len(passed), len(sod), passed)
	}
	t.Logf("%d of %d bytes are hints that nobody signed", len(passed), len(sod))
}

func TestProved(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	a := anchor(t, trust.Rules{}, s.Root())
	card := issue(t, s, ldstest.None)
	all := a.Check(card.Files[lds.SOD], card.Groups(), now)
	only := a.Check(card.Files[lds.SOD], map[lds.File][]byte{lds.DG1: card.Files[lds.DG1]}, now)
	bare := anchor(t, trust.Rules{}).Check(card.Files[lds.SOD], card.Groups(), now)
	for _, tt := range []struct {
		name   string
		proof  trust.Proof
		level  trust.Level
		doubts []trust.Reason
	}{
		{"by active authentication", all.Proved(trust.ActiveAuthentication), trust.ChipGenuine, nil},
		{"by chip authentication", all.Proved(trust.ChipAuthentication), trust.ChipGenuine, nil},
		{"by a key that was not read", only.Proved(trust.ActiveAuthentication), trust.ChipVerified, []trust.Reason{trust.ChipKeyUncovered}},
		{"by no known method", all.Proved("magic"), trust.ChipVerified, []trust.Reason{trust.ChipKeyUncovered}},
		{"without an anchor", bare.Proved(trust.ActiveAuthentication), trust.ChipRead, []trust.Reason{trust.AnchorMissing}},
		{"failed", all.Unproved(trust.ActiveAuthentication, trust.ChipFailed), trust.ChipRead, []trust.Reason{trust.ChipFailed}},
		{"failed after the other succeeded", all.Proved(trust.ChipAuthentication).Unproved(trust.ActiveAuthentication, trust.ChipFailed), trust.ChipRead, []trust.Reason{trust.ChipFailed}},
		{"succeeded after the other failed", all.Unproved(trust.ActiveAuthentication, trust.ChipFailed).Proved(trust.ChipAuthentication), trust.ChipRead, []trust.Reason{trust.ChipFailed}},
		{"lifted during one, proved by the other", all.Unproved(trust.ActiveAuthentication, trust.ChipUnfinished).Proved(trust.ChipAuthentication), trust.ChipGenuine, nil},
		{"proved by one, lifted during the other", all.Proved(trust.ChipAuthentication).Unproved(trust.ActiveAuthentication, trust.ChipUnfinished), trust.ChipGenuine, nil},
		{"by an unsigned key and by a signed one", all.Proved("magic").Proved(trust.ChipAuthentication), trust.ChipVerified, []trust.Reason{trust.ChipKeyUncovered}},
		{"lifted meanwhile", all.Unproved(trust.ActiveAuthentication, trust.ChipUnfinished), trust.ChipVerified, []trust.Reason{trust.ChipUnfinished}},
		{"key not given", all.Unproved(trust.ActiveAuthentication, trust.ChipKeyMissing), trust.ChipVerified, []trust.Reason{trust.ChipKeyMissing}},
		{"key of one not given, proved by the other", all.Unproved(trust.ActiveAuthentication, trust.ChipKeyMissing).Proved(trust.ChipAuthentication), trust.ChipGenuine, nil},
		{"not able", all.Unproved(trust.ActiveAuthentication, trust.ChipNotAble), trust.ChipVerified, []trust.Reason{trust.ChipNotAble}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.proof.Level != tt.level || len(tt.proof.Doubts) != len(tt.doubts) {
				t.Fatalf("%s, %v; want %s, %v", tt.proof.Level, tt.proof.Doubts, tt.level, tt.doubts)
			}
			for _, r := range tt.doubts {
				if !tt.proof.Has(r) {
					t.Errorf("doubts %v, want %q", tt.proof.Doubts, r)
				}
			}
		})
	}
	if all.Level != trust.ChipVerified || !all.Has(trust.ChipNotAsked) {
		t.Errorf("the first proof changed: %s, %v", all.Level, all.Doubts)
	}
}

func TestOpen(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.BrainpoolP256, Explicit: true})
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := trust.Open(dir, trust.Rules{}); err != nil {
		t.Errorf("empty folder: %v, %v", a, err)
	}
	write("root.cer", s.Root())
	write("both.PEM", slices.Concat(
		[]byte("Một dòng ghi chú\n"),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Root()}),
		pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: s.RevocationList(now.Add(day))}),
	))
	write("list.crl", s.RevocationList(now.Add(day)))
	write("readme.txt", []byte("not an anchor"))
	a, err := trust.Open(dir, trust.Rules{RequireCRL: true})
	if err != nil {
		t.Fatal(err)
	}
	if roots, lists := a.Good(now); roots != 2 || lists != 2 {
		t.Errorf("Good = %d, %d; want 2, 2", roots, lists)
	}
	if roots, lists := a.Good(now.Add(2 * day)); roots != 2 || lists != 0 {
		t.Errorf("Good in two days = %d, %d; want 2, 0", roots, lists)
	}
	if roots, lists := a.Good(now.Add(-9000 * day)); roots != 0 {
		t.Errorf("Good long ago = %d, %d; want no root", roots, lists)
	}
	if roots, lists := a.Len(); roots != 2 || lists != 2 {
		t.Errorf("Len = %d, %d; want 2, 2", roots, lists)
	}
	card := issue(t, s, ldstest.None)
	if p := a.Check(card.Files[lds.SOD], card.Groups(), now); p.Level != trust.ChipVerified {
		t.Errorf("Check = %s, %v", p.Level, p.Doubts)
	}

	sod, _ := trust.ReadSOD(card.Files[lds.SOD])
	write("broken.der", []byte("not a certificate"))
	write("empty.pem", []byte("-----BEGIN NOTHING"))
	write("other-curve.cer", onOtherCurve(t))
	write("mixed.pem", slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: onOtherCurve(t)}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Root()}),
	))
	a, err = trust.Open(dir, trust.Rules{RequireCRL: true})
	faults, ok := errors.AsType[trust.Faults](err)
	if !ok || len(faults) != 4 {
		t.Fatalf("Open = %v; want four faults", err)
	}
	for i, name := range []string{"broken.der", "empty.pem", "mixed.pem", "other-curve.cer"} {
		if !strings.Contains(faults[i].Error(), name) {
			t.Errorf("fault %d = %v; want it about %s", i, faults[i], name)
		}
	}
	if roots, lists := a.Len(); roots != 3 || lists != 2 {
		t.Errorf("Len = %d, %d; want all that can be read, 3 and 2", roots, lists)
	}
	if p := a.Check(card.Files[lds.SOD], card.Groups(), now); p.Level != trust.ChipVerified {
		t.Errorf("beside files at fault: Check = %s, %v", p.Level, p.Doubts)
	}
	if got, want := sod.Issuer(), "C=VN, CN=CSCA of an invented state"; got != want {
		t.Errorf("Issuer = %q, want %q", got, want)
	}
	if got := sod.Groups(); !slices.Equal(got, []lds.File{lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15}) {
		t.Errorf("Groups = %v", got)
	}
	if a, err := trust.Open(filepath.Join(dir, "none"), trust.Rules{}); a != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v, %v", a, err)
	}
}

// onOtherCurve is the root of a state that signs on a curve which no document of
// ICAO names.
func onOtherCurve(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"UT"}, CommonName: "CSCA"},
		NotBefore: now.Add(-day), NotAfter: now.Add(day), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What holds is told of one group at a time, and a note costs no level.
func TestHoldsAndNotes(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	card := issue(t, s, ldstest.HashMissing)
	sod, err := trust.ReadSOD(card.Files[lds.SOD])
	if err != nil {
		t.Fatal(err)
	}
	if !sod.Holds(lds.DG1, card.Files[lds.DG1]) || sod.Holds(lds.DG1, card.Files[lds.DG2]) || sod.Holds(lds.DG13, card.Files[lds.DG13]) {
		t.Error("Holds is wrong about DG1 as signed, DG2 for it, or DG13 without a hash")
	}
	whole := issue(t, s, ldstest.None)
	p := anchor(t, trust.Rules{}, s.Root()).Check(whole.Files[lds.SOD], whole.Groups(), now)
	note := trust.Doubt{Reason: trust.GroupMissing, File: lds.DG2}
	one, two := p.Noted(note), p.Noted(trust.Doubt{Reason: trust.GroupMissing, File: lds.DG13})
	if one.Level != p.Level || !slices.Contains(one.Notes, note) || slices.Contains(two.Notes, note) {
		t.Errorf("notes %v and %v, level %s of %s", one.Notes, two.Notes, one.Level, p.Level)
	}
}

func TestNewRefuses(t *testing.T) {
	s := found(t, ldstest.Options{Suite: ldstest.P256})
	for name, file := range map[string][]byte{
		"certificate of a signer": s.Signer(),
		"list of changes":         s.DeltaList(now.Add(day), true),
		"quiet list of changes":   s.DeltaList(now.Add(day), false),
		"root that is none":       s.NoRoot(),
		"root by two algorithms":  bytes.Replace(s.Root(), []byte{0x3D, 4, 3, 2}, []byte{0x3D, 4, 3, 3}, 1), // ECDSA with SHA-256, and with SHA-384
		"certificate cut short":   s.Root()[:200],
		"nothing":                 nil,
	} {
		if a, err := trust.New(trust.Rules{}, s.Root(), file); a != nil || err == nil || !strings.Contains(err.Error(), "trust anchor 2") {
			t.Errorf("%s: %v, want the second anchor refused", name, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for _, r := range trust.Reasons() {
		if r.Error() == "" || strings.HasSuffix(r.Error(), ".") {
			t.Errorf("reason %q has no fit text: %q", string(r), r.Error())
		}
	}
	d := trust.Doubt{Reason: trust.SODGarbled, File: lds.SOD, Step: "signer"}
	if got := d.String(); got != "EF.SOD: file not understood (signer)" {
		t.Errorf("String = %q", got)
	}
}
