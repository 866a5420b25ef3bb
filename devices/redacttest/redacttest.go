// Package redacttest checks that a value hides what it holds, whichever way it is
// printed.
package redacttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Check prints v by every verb, as JSON and in both of slog's forms. Each time it
// must say that it is redacted, and none of secrets may show; they are not told when
// they do.
func Check(t testing.TB, v any, secrets ...string) {
	t.Helper()
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"}
	var out bytes.Buffer
	for _, verb := range verbs {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	slog.New(slog.NewTextHandler(&out, nil)).Info("read", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("read", "v", v)
	if n, want := strings.Count(out.String(), "redacted"), len(verbs)+3; n != want {
		t.Errorf("%T prints redacted %d times of %d", v, n, want)
	}
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%T prints %d characters that it should hide", v, len(secret))
		}
	}
}
