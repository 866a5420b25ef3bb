package lds_test

import (
	"testing"

	"motcua/devices/card/lds"
	"motcua/devices/redacttest"
)

// Types that hold what a person is called or looks like, or what opens a card,
// print redacted by every verb, as JSON and in logs.
func TestRedacted(t *testing.T) {
	m, err := lds.ReadMRZ(mau)
	if err != nil {
		t.Fatal(err)
	}
	face := lds.Portrait{Codec: lds.JPEG, Image: []byte("NGUYEN")}
	for _, v := range []any{m, &m, m.Key(), m.Born, face, &face, lds.Secret("NGUYEN")} {
		redacttest.Check(t, v, "NGUYEN", "090999999", "900131", "4E475559", "4e475559", "78 71 85")
	}
}
