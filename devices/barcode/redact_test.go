package barcode_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"motcua/devices/barcode"
	"motcua/devices/barcode/picture"
)

// What was read prints redacted by every verb, as JSON and in logs.
func TestRedacted(t *testing.T) {
	const secret = "001090999999|Nguyễn Văn Mẫu"
	code, found := barcode.Code{Text: secret, Raw: []byte(secret)}, picture.Found{Text: secret, Raw: []byte(secret)}
	for _, v := range []any{code, &code, found, &found} {
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
		for _, word := range []string{"001090999999", "Mẫu", "303031"} {
			if strings.Contains(out.String(), word) {
				t.Errorf("%T prints %q", v, word)
			}
		}
	}
}
