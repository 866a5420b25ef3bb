package submission

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"testing"
)

func TestSecret(t *testing.T) {
	seen := map[string]int{}
	for range 2000 {
		s := Secret(rand.Reader)
		if got, ok := ReadSecret(s); !ok || got != s {
			t.Fatalf("secret %q reads as %q, %v", s, got, ok)
		}
		seen[s]++
		for _, l := range s {
			seen[string(l)]++
		}
	}
	for _, l := range letters {
		// 8000 letters over 28: 286 expected, standard deviation 17.
		if n := seen[string(l)]; n < 286-7*17 || n > 286+7*17 {
			t.Errorf("%c came %d times of 8000", l, n)
		}
	}
	// 252 and above would favour the first letters and are skipped.
	if got := Secret(bytes.NewReader([]byte{255, 0, 252, 27, 28, 251})); got != "2Y2Y" {
		t.Errorf("Secret = %q", got)
	}
	for typed, want := range map[string]string{"7f2k": "7F2K", " 7F 2k": "7F2K", "bszu": "852V", "7F2": "", "7F2KK": "", "7F2O": "", "Ơ2F": "", "": ""} {
		if got, ok := ReadSecret(typed); ok != (want != "") || ok && got != want {
			t.Errorf("ReadSecret(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
}

func TestClaim(t *testing.T) {
	const id = "019aa8e0-1c2d-7a3b-8c4d-5e6f70819203"
	// Printed on receipts and derived again at central: it may never change.
	if got := Claim("CN-03", id); got != "CN03-4AP2" || got != Claim("CN03", id) {
		t.Errorf("Claim = %q", got)
	}
	form := regexp.MustCompile(`^CN03-[` + letters + `]{4}$`)
	seen := map[string]bool{}
	for range 2000 {
		id := NewID()
		if !ValidID(id) {
			t.Fatalf("NewID gave %q", id)
		}
		c := Claim("CN-03", id)
		if !form.MatchString(c) {
			t.Fatalf("Claim = %q", c)
		}
		seen[c] = true
	}
	if len(seen) < 1980 { // 3.3 expected to meet among 2000 of 614,656
		t.Errorf("only %d different claims of 2000", len(seen))
	}
}
