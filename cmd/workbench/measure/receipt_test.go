package measure

import "testing"

func TestReceiptIsMeasured(t *testing.T) {
	rows, err := Receipt()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Value <= 0 {
			t.Errorf("%s: %v %s", r.Name, r.Value, r.Unit)
		}
		t.Logf("%s: %.1f %s of %.0f", r.Name, r.Value, r.Unit, r.Bar)
	}
	if share := rows[1]; !share.OK {
		t.Errorf("%s: %.0f %s, over %.0f", share.Name, share.Value, share.Unit, share.Bar)
	}
}
