package submission

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"motcua/kiosk/contract"
	"motcua/kiosk/identity"
)

// hanoi is the time zone of the examples; it does not need the zone database.
var hanoi = time.FixedZone("", 7*60*60)

// example is a submission of an invented person.
func example() Document {
	person := identity.Person{
		Number:    "001090999999",
		Name:      "NGUYỄN VĂN MẪU",
		Born:      time.Date(1990, 2, 1, 0, 0, 0, 0, time.UTC),
		Sex:       "Nam",
		Address:   "Số 1 Phố Mẫu, Phường Cửa Nam, Hà Nội",
		Assurance: identity.QR,
	}
	consent := sha256.Sum256([]byte("Tôi đồng ý."))
	return Document{
		Version:   Version,
		ID:        "019aa8e0-1c2d-7a3b-8c4d-5e6f70819203",
		Station:   "CN-03",
		Unit:      "00082",
		CreatedAt: time.Date(2026, 11, 21, 9, 30, 0, 0, hanoi),
		Channel:   contract.ChannelOnline,
		Pack:      contract.PackVersion{ID: "hanoi", Version: "2026-11-01"},
		Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"},
		Rules: []contract.AppliedRule{
			{Kind: contract.AppliedRuleKindFee, From: "2025-07-01", Source: "NQ 06/2020/NQ-HĐND", Verified: "2026-10-01"},
		},
		Applicant: Applicant(person),
		Answers: []contract.Answer{
			{ID: "child.name", Label: "Họ tên trẻ", Value: "NGUYỄN THỊ MẪU <&>", Shown: "NGUYỄN THỊ MẪU <&>"},
			{ID: "child.born", Label: "Ngày sinh", Value: "2026-11-01", Shown: "01/11/2026"},
		},
		Consent: contract.ConsentGiven{
			Version: "1",
			Digest:  "sha-256=:" + base64.StdEncoding.EncodeToString(consent[:]) + ":",
			GivenAt: time.Date(2026, 11, 21, 9, 29, 50, 0, hanoi),
			Lang:    contract.LangVI,
		},
		Secret:      "7F2K",
		DuePromised: time.Date(2026, 11, 23, 17, 0, 0, 0, hanoi),
		Lang:        contract.LangVI,
	}
}

// people is what of example must never leave it but sealed.
var people = []string{"001090999999", "NGUYỄN", "Nguyễn", "MẪU", "Phố Mẫu", "1990", "7F2K"}

// chipExample is example of a person whose chip was read, and proven so far that
// only the list of revoked certificates was wanting.
func chipExample() Document {
	doc := example()
	doc.Applicant = Applicant(identity.Person{
		Number: "001090999999", Name: "NGUYỄN VĂN MẪU", Born: time.Date(1990, 2, 1, 0, 0, 0, 0, time.UTC), Sex: "Nam",
		Assurance: identity.ChipRead,
		Proof:     identity.Proof{Opened: "PACE-CAN", Signed: "ECDSA SHA-384 brainpoolP384r1", Doubts: []string{"crl-missing"}},
	})
	return doc
}

func checkNoPerson(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range people {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %q: %s", where, secret, text)
		}
	}
}

type parties struct {
	key     *StationKey
	central *age.X25519Identity
}

func newParties(t testing.TB) parties {
	t.Helper()
	central, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return parties{key: NewStationKey("CN-03", time.Time{}), central: central}
}

func (p parties) to() []age.Recipient { return []age.Recipient{p.central.Recipient()} }
func (p parties) ids() []age.Identity { return []age.Identity{p.central} }
func (p parties) find(kid string) (PublicKey, error) {
	if kid != p.key.ID() {
		return PublicKey{}, ErrForeign
	}
	return p.key.Public(), nil
}

func (p parties) seal(t testing.TB, signed []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, p.central.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(signed); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSealedOpensAtCentral(t *testing.T) {
	p := newParties(t)
	doc := example()
	sealed, digest, err := Seal(doc, p.key, p.to())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(sealed)
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; digest != want {
		t.Errorf("digest %s, want %s", digest, want)
	}
	for _, word := range people {
		if bytes.Contains(sealed, []byte(word)) {
			t.Errorf("sealed bytes show %q", word)
		}
	}
	got, raw, err := Open(sealed, p.ids(), p.find)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, got); diff != "" {
		t.Error("opened differs:\n" + diff)
	}
	want, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("raw is not the canonical form")
	}
}

// The signature is written by hand and read by go-jose in Open; here its parts
// are held against RFC 7515 once more.
func TestSignatureIsCompactJWS(t *testing.T) {
	p := newParties(t)
	payload, err := Canonical(example())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sign(payload, p.key)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(string(signed), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	head := jws.Signatures[0].Protected
	if head.KeyID != p.key.ID() || head.ExtraHeaders[jose.HeaderType] != typV1 {
		t.Errorf("header kid %q typ %v", head.KeyID, head.ExtraHeaders[jose.HeaderType])
	}
	if !strings.HasPrefix(head.KeyID, "CN-03.") || len(head.KeyID) != len("CN-03.")+43 {
		t.Errorf("kid %q is not station and thumbprint", head.KeyID)
	}
	if got, err := jws.Verify(p.key.Public().Key); err != nil || !bytes.Equal(got, payload) {
		t.Errorf("Verify: %v", err)
	}
}

// A stolen station gives up nothing: with all that it has on disk the sealed
// submission stays shut, also when its signing key is tried as an age identity.
func TestStationCannotReadWhatItSealed(t *testing.T) {
	p := newParties(t)
	sealed, _, err := Seal(example(), p.key, p.to())
	if err != nil {
		t.Fatal(err)
	}
	own, err := agessh.NewEd25519Identity(p.key.private)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(sealed, []age.Identity{own}, p.find); !errors.Is(err, ErrNotForUs) {
		t.Errorf("Open with the station's key: %v, want ErrNotForUs", err)
	}
	dir := t.TempDir()
	if err := p.key.Save(filepath.Join(dir, "sign.jwk")); err != nil {
		t.Fatal(err)
	}
	recipients := filepath.Join(dir, "recipients.txt")
	if err := os.WriteFile(recipients, []byte("# central\n"+p.central.Recipient().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sign.jwk", "recipients.txt"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if ids, err := age.ParseIdentities(bytes.NewReader(b)); err == nil {
			t.Errorf("%s holds %d identities that open a seal", name, len(ids))
		}
	}
	if to, err := LoadRecipients(recipients); err != nil || len(to) != 1 {
		t.Errorf("LoadRecipients: %d recipients, %v", len(to), err)
	}
}

func TestSealWipesWhatItSigned(t *testing.T) {
	p := newParties(t)
	doc := example()
	payload, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sign(payload, p.key)
	if err != nil {
		t.Fatal(err)
	}
	// A second array would be one that nobody wipes.
	if cap(signed) != len(signed) {
		t.Errorf("signed has room for %d of %d bytes: it was moved or is too roomy", cap(signed), len(signed))
	}
}

func TestOpenRefuses(t *testing.T) {
	p, stranger := newParties(t), newParties(t)
	doc := example()
	sealed, _, err := Seal(doc, p.key, p.to())
	if err != nil {
		t.Fatal(err)
	}
	payload, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sign(payload, p.key)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(signed), ".")
	head := func(h string) []byte {
		h64 := base64.RawURLEncoding.EncodeToString([]byte(h))
		return p.seal(t, []byte(h64+"."+parts[1]+"."+parts[2]))
	}
	resign := func(payload string, key *StationKey) []byte {
		s, err := sign([]byte(payload), key)
		if err != nil {
			t.Fatal(err)
		}
		return p.seal(t, s)
	}
	altered := bytes.Clone(sealed)
	altered[len(altered)-20] ^= 1
	other := strings.Replace(string(payload), `"CN-03"`, `"CN-04"`, 1)
	newer := strings.Replace(string(payload), `"version":1}`, `"version":2}`, 1)
	if newer == string(payload) {
		t.Fatal("version is not the last member: mend this test")
	}
	old := NewStationKey("CN-03", doc.CreatedAt.Add(-time.Second))
	tests := []struct {
		name   string
		sealed []byte
		ids    []age.Identity
		find   KeyFinder
		want   error
	}{
		{"nothing", nil, p.ids(), p.find, ErrTampered},
		{"garbage", []byte("<html>Đăng nhập WiFi</html>"), p.ids(), p.find, ErrTampered},
		{"another recipient", sealed, stranger.ids(), p.find, ErrNotForUs},
		{"one bit altered", altered, p.ids(), p.find, ErrTampered},
		{"cut short", sealed[:len(sealed)-1], p.ids(), p.find, ErrTampered},
		{"longer by one", append(bytes.Clone(sealed), 0), p.ids(), p.find, ErrTampered},
		{"key not enrolled", resign(string(payload), stranger.key), p.ids(), p.find, ErrForeign},
		{"payload altered", p.seal(t, []byte(parts[0]+"."+base64.RawURLEncoding.EncodeToString([]byte(other))+"."+parts[2])), p.ids(), p.find, ErrTampered},
		{"in another station's name", resign(other, p.key), p.ids(), p.find, ErrForeign},
		{"no signature", head(`{"alg":"none","kid":"` + p.key.ID() + `","typ":"` + typV1 + `"}`), p.ids(), p.find, ErrTampered},
		{"another algorithm", head(`{"alg":"HS256","kid":"` + p.key.ID() + `","typ":"` + typV1 + `"}`), p.ids(), p.find, ErrTampered},
		{"another type", head(`{"alg":"EdDSA","kid":"` + p.key.ID() + `","typ":"JWT"}`), p.ids(), p.find, ErrTampered},
		{"newer envelope", head(`{"alg":"EdDSA","kid":"` + p.key.ID() + `","typ":"` + typ + `; version=2"}`), p.ids(), p.find, ErrVersion},
		{"newer document", resign(newer, p.key), p.ids(), p.find, ErrVersion},
		{"not canonical", resign(" "+string(payload), p.key), p.ids(), p.find, ErrMalformed},
		{"unknown member", resign(strings.Replace(string(payload), `{"answers"`, `{"aa":"001090999999","answers"`, 1), p.key), p.ids(), p.find, ErrMalformed},
		{"wrong type", resign(strings.Replace(string(payload), `"fee":0`, `"fee":"NGUYỄN"`, 1), p.key), p.ids(), p.find, ErrMalformed},
		{"member named after a person", resign(strings.Replace(string(payload), `{"answers"`, `{"MẪU":0,"answers"`, 1), p.key), p.ids(), p.find, ErrMalformed},
		{"no time", resign(strings.Replace(string(payload), `"created_at":"2026-11-21T09:30:00+07:00"`, `"created_at":"NGUYỄN VĂN MẪU"`, 1), p.key), p.ids(), p.find, ErrMalformed},
		{"not an object", resign(`"NGUYỄN VĂN MẪU"`, p.key), p.ids(), p.find, ErrMalformed},
		{"key expired", resign(string(payload), old), p.ids(), func(string) (PublicKey, error) { return old.Public(), nil }, ErrExpired},
		{"too large", make([]byte, MaxSealed+1), p.ids(), p.find, ErrTooLarge},
		{"keys cannot be read", sealed, p.ids(), func(string) (PublicKey, error) { return PublicKey{}, os.ErrDeadlineExceeded }, os.ErrDeadlineExceeded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, raw, err := Open(test.sealed, test.ids, test.find)
			if !errors.Is(err, test.want) {
				t.Errorf("Open: %v, want %v", err, test.want)
			}
			if raw != nil || !cmp.Equal(got, Document{}) {
				t.Error("Open failed and still gave a document")
			}
			if err != nil {
				checkNoPerson(t, "error", err.Error())
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	p := newParties(t)
	foreign, newer, large := example(), example(), example()
	foreign.Station = "CN-04"
	newer.Version = 2
	large.Answers[0].Value = strings.Repeat("MẪU ", MaxSealed/4)
	for _, test := range []struct {
		name string
		doc  Document
		want error
	}{{"another station's", foreign, ErrForeign}, {"another version", newer, ErrVersion}, {"too large", large, ErrTooLarge}} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Seal(test.doc, p.key, p.to())
			if !errors.Is(err, test.want) {
				t.Fatalf("Seal: %v, want %v", err, test.want)
			}
			checkNoPerson(t, "error", err.Error())
		})
	}
	never := example()
	never.CreatedAt = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, _, err := Seal(never, p.key, p.to()); err == nil {
		t.Error("a time that JSON cannot hold was sealed")
	} else {
		checkNoPerson(t, "error", err.Error())
	}
}

func TestDocumentPrintsRedacted(t *testing.T) {
	doc := example()
	look := contract.LookUp{Ref: "CN03-7F2K", Secret: "7F2K"}
	for _, v := range []any{doc, &doc, doc.Applicant, chipExample(), doc.Answers, doc.Answers[0], look, []Document{doc}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			checkNoPerson(t, fmt.Sprintf("%T under %s", v, verb), fmt.Sprintf(verb, v))
		}
	}
	checkNoPerson(t, "key", fmt.Sprintf("%+v %#v", newParties(t).key, newParties(t).key))
}

// Any document comes back as it was, and its canonical form does not depend on
// the way it took.
func TestRoundTripProperty(t *testing.T) {
	p := newParties(t)
	rapid.Check(t, func(r *rapid.T) {
		doc := example()
		doc.ID = NewID()
		doc.Applicant.Name = rapid.String().Draw(r, "name")
		doc.Applicant.Address = rapid.String().Draw(r, "address")
		doc.Fee = rapid.Int64Range(0, 1_000_000_000).Draw(r, "fee")
		doc.CreatedAt = time.Unix(rapid.Int64Range(0, 4e9).Draw(r, "at"), rapid.Int64Range(0, 999_999_999).Draw(r, "ns")).In(hanoi)
		doc.Answers = nil
		for range rapid.IntRange(1, 5).Draw(r, "answers") {
			doc.Answers = append(doc.Answers, contract.Answer{
				ID: rapid.StringMatching(`[a-z.]{1,8}`).Draw(r, "id"), Label: rapid.String().Draw(r, "label"),
				Value: rapid.String().Draw(r, "value"), Shown: rapid.String().Draw(r, "shown"),
			})
		}
		sealed, _, err := Seal(doc, p.key, p.to())
		if err != nil {
			r.Fatal(err)
		}
		got, raw, err := Open(sealed, p.ids(), p.find)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(doc, got); diff != "" {
			r.Fatal(diff)
		}
		again, err := Canonical(got)
		if err != nil || !bytes.Equal(again, raw) {
			r.Fatalf("canonical form changed on the way: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(r, "byte")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		if _, _, err := Open(sealed, p.ids(), p.find); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrNotForUs) {
			r.Fatalf("byte %d altered: %v", i, err)
		}
	})
}

// What version 1 ever wrote must open for ever: never make these files anew.
// v1-chip is of when a chip's proof was added.
func TestVersion1Opens(t *testing.T) {
	for name, want := range map[string]Document{"v1": example(), "v1-chip": chipExample()} {
		t.Run(name, func(t *testing.T) { opens(t, filepath.Join("testdata", name), want) })
	}
}

// opens opens a stored submission and holds it against what was sealed then.
func opens(t *testing.T, path string, sealedThen Document) {
	file := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ids, err := age.ParseIdentities(bytes.NewReader(file("testdata/v1.identity.txt")))
	if err != nil {
		t.Fatal(err)
	}
	key, err := readKey(file("testdata/v1.jwk"))
	if err != nil {
		t.Fatal(err)
	}
	doc, raw, err := Open(file(path+".age"), ids, parties{key: key}.find)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sealedThen, doc); diff != "" {
		t.Error(diff)
	}
	if want := file(path + ".json"); !bytes.Equal(raw, want) {
		t.Errorf("raw differs from %s.json:\n%s", path, raw)
	}
	schema, err := LoadSchema()
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Check(raw); err != nil {
		t.Errorf("version 1 no longer follows the schema: %v", err)
	}
}

// What a card gave reason to doubt reaches staff, also where the applicant went on
// without it; where there is no doubt nothing is said.
func TestApplicantWarnings(t *testing.T) {
	got := Applicant(identity.Person{Assurance: identity.QR, Warnings: []identity.Warning{identity.DoubtSex, "chip.doubt.refused"}})
	if diff := cmp.Diff([]string{"number.sex", "chip.doubt.refused"}, got.Warnings); diff != "" {
		t.Error(diff)
	}
	if got := Applicant(identity.Person{Assurance: identity.QR}); got.Warnings != nil {
		t.Errorf("warnings %v of a person without any", got.Warnings)
	}
}

// A proof is there when a chip was read, and never when it was not.
func TestApplicantProof(t *testing.T) {
	proof := identity.Proof{Opened: "BAC"}
	for level, want := range map[identity.Assurance]contract.Proof{
		identity.Typed: {}, identity.QR: {},
		identity.ChipRead:     {Opened: "BAC", Doubts: []string{}},
		identity.ChipVerified: {Opened: "BAC", Doubts: []string{}},
		identity.ChipGenuine:  {Opened: "BAC", Doubts: []string{}},
	} {
		got := Applicant(identity.Person{Assurance: level, Proof: proof})
		if diff := cmp.Diff(want, got.Proof); diff != "" {
			t.Errorf("proof of %s (-want +got):\n%s", level, diff)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	p := newParties(b)
	doc := example()
	for b.Loop() {
		if _, _, err := Seal(doc, p.key, p.to()); err != nil {
			b.Fatal(err)
		}
	}
}
