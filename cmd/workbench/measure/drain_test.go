package measure

import (
	"os"
	"testing"
)

// TestDrain measures for who looks at it: MEASURE_BIN=bin go test -v -run Drain.
func TestDrain(t *testing.T) {
	bin := os.Getenv("MEASURE_BIN")
	if bin == "" {
		t.Skip("measures, where MEASURE_BIN names the folder of the programs")
	}
	row, err := Drain(t.Context(), bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %.3g (bar %g)", row.Name, row.Value, row.Bar)
	if !row.OK {
		t.Errorf("over the bar")
	}
}
