package lds_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"motcua/devices/card/lds"
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
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("read", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("read", "v", v)
		if n := strings.Count(out.String(), "redacted"); n != 10 {
			t.Errorf("%T prints redacted %d times of 10", v, n)
		}
		for _, word := range []string{"NGUYEN", "090999999", "900131", "4E475559", "4e475559", "78 71 85"} {
			if strings.Contains(out.String(), word) {
				t.Errorf("%T prints %d characters that it should hide", v, len(word))
			}
		}
	}
}
