package measure

import "testing"

// The inspection of a card keeps up with the link, at every speed.
func TestChipKeepsUpWithTheLink(t *testing.T) {
	rows, err := Chip(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows, want one for each speed", len(rows))
	}
	for i, r := range rows {
		t.Logf("%s: %.3f %s, bar %.3f: %.3f times the least", r.Name, r.Value, r.Unit, r.Bar, r.Value/r.Bar*1.15)
		if !r.OK || r.Bar <= 0 || r.Value < r.Bar/1.15 {
			t.Errorf("%s: %.3f %s, want it between the least and the bar, %.3f to %.3f", r.Name, r.Value, r.Unit, r.Bar/1.15, r.Bar)
		}
		if i > 0 && r.Value >= rows[i-1].Value {
			t.Errorf("%s takes no less than %s", r.Name, rows[i-1].Name)
		}
	}
}
