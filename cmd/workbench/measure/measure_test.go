package measure

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRowsAreHeldAgainstTheirBars(t *testing.T) {
	b := &bench{}
	b.seconds("at the bar", 2*time.Second, 2*time.Second)
	b.row("under it", 1.5, "ms", 2)
	var out strings.Builder
	if err := Print(&out, b.rows); err != nil {
		t.Errorf("Print = %v, want all fine", err)
	}
	b.row("over it", 2.5, "%", 2)
	out.Reset()
	if err := Print(&out, b.rows); !errors.Is(err, ErrOver) || !strings.Contains(err.Error(), "1 of 3") {
		t.Errorf("Print = %v, want one over its bar", err)
	}
	for _, want := range []string{"at the bar  2 s     ≤ 2  ok", "over it     2.5 %   ≤ 2  OVER"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no line %q:\n%s", want, out.String())
		}
	}

	text, err := JSON(b.rows)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "over it", "value": 2.5, "unit": "%", "bar": 2.0, "ok": false}
	if len(got) != 3 || !cmp.Equal(got[2], want) {
		t.Errorf("JSON gives %v, want the last row %v", got, want)
	}
}
