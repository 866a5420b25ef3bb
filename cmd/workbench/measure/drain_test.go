package measure

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOutboxFigures measures for who looks at it: MEASURE_BIN=bin go test -v -run OutboxFigures.
func TestOutboxFigures(t *testing.T) {
	bin := os.Getenv("MEASURE_BIN")
	if bin == "" {
		t.Skip("measures, where MEASURE_BIN names the folder of the programs")
	}
	row, err := Drain(t.Context(), bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Queue(t.Context(), t.TempDir(), filepath.Join(bin, "workbench"), "weigh")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range append(rows, row) {
		t.Logf("%s: %.3g %s (bar %g)", row.Name, row.Value, row.Unit, row.Bar)
		if !row.OK {
			t.Errorf("over the bar")
		}
	}
}
