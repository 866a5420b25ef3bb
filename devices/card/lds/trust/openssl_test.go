package trust_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/trust"
)

// The state in testdata is an invented one whose certificates, revocation list
// and SODs were all made by OpenSSL 3.0 (openssl ca; openssl cms -sign -nodetach
// -econtent_type 2.23.136.1.1.1), so that what is read here was not written here.
// Its root is on brainpoolP384r1 by explicit parameters.
func TestCheckOpenSSL(t *testing.T) {
	load := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, err := trust.Open("testdata", trust.Rules{State: "VN", RequireCRL: true})
	if err != nil {
		t.Fatal(err)
	}
	if roots, lists := a.Len(); roots != 1 || lists != 1 {
		t.Fatalf("Len = %d, %d", roots, lists)
	}
	sod, err := trust.ReadSOD(load("ecdsa.sod"))
	if err != nil || sod.Issuer() != "C=VN, O=Invented, CN=CSCA by OpenSSL" {
		t.Errorf("Issuer = %q, %v", sod.Issuer(), err)
	}
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	serial, keyID := []byte{0x02, 0x02, 0x10, 0x02}, load("ecdsa-keyid-ber.sod")
	at := bytes.LastIndex(keyID, []byte{0x80, 0x14})
	keyID = keyID[at : at+2+0x14]
	// The name of the signer stands beside what is signed; its last mention in the file is that.
	for name, id := range map[string][]byte{"ecdsa": serial, "ecdsa-keyid-ber": keyID} {
		other := load(name + ".sod")
		other[bytes.LastIndex(other, id)+len(id)-1] ^= 1
		if p := a.Check(other, map[lds.File][]byte{lds.DG1: load("mau.dg1")}, now); !p.Has(trust.SignerMissing) {
			t.Errorf("%s, signed by a name that is not in it: %s, %v", name, p.Level, p.Doubts)
		}
	}
	for _, tt := range []struct {
		name      string
		signature string
		level     trust.Level
		reasons   []trust.Reason
	}{
		{"ecdsa", "ECDSA SHA-384 brainpoolP384r1", trust.ChipVerified, []trust.Reason{trust.ChipNotAsked}},
		{"ecdsa-keyid-ber", "ECDSA SHA-256 brainpoolP384r1", trust.ChipVerified, []trust.Reason{trust.ChipNotAsked}},
		{"rsa", "RSA SHA-512", trust.ChipVerified, []trust.Reason{trust.ChipNotAsked}},
		{"pss", "RSA-PSS SHA-256", trust.ChipVerified, []trust.Reason{trust.ChipNotAsked}},
		{"revoked", "RSA SHA-256", trust.ChipRead, []trust.Reason{trust.SignerRevoked}},
		{"sha1", "", trust.ChipRead, []trust.Reason{trust.DigestSHA1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := a.Check(load(tt.name+".sod"), map[lds.File][]byte{lds.DG1: load("mau.dg1")}, now)
			var got []trust.Reason
			for _, d := range p.Doubts {
				got = append(got, d.Reason)
			}
			if p.Level != tt.level || p.Signature != tt.signature || !slices.Equal(got, tt.reasons) {
				t.Errorf("Check = %s by %q, %v; want %s by %q, %v", p.Level, p.Signature, p.Doubts, tt.level, tt.signature, tt.reasons)
			}
		})
	}
}
