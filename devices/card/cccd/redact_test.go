package cccd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"motcua/devices/card/cccd"
)

func TestRedacted(t *testing.T) {
	c, _ := mau(t)
	q := cccd.QR{Number: "001090999999", Name: "Nguyễn Văn Mẫu"}
	can, err := cccd.CAN(q.Number)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{c, &c, q, &q, c.Number, c.Name, &c.Residence, can} {
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
		for _, word := range []string{"001090999999", "999999", "Mẫu", "1990", "3939393939", "Kinh"} {
			if strings.Contains(out.String(), word) {
				t.Errorf("%T prints %d characters that it should hide", v, len(word))
			}
		}
	}
}
