package pack_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"motcua/kiosk/pack"
)

// wanted reads the faults that the sheets of a pack say of themselves, in a
// comment "# fault: words" at the end of the faulty line.
func wanted(t *testing.T, fsys fs.FS) (want pack.Faults) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		for i, l := range strings.Split(string(b), "\n") {
			if _, text, ok := strings.Cut(l, "# fault: "); ok {
				want = append(want, pack.Fault{File: name, Line: i + 1, Text: text})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func TestEveryFaultIsNamedWithItsLine(t *testing.T) {
	dir := os.DirFS("testdata/faults")
	p, err := pack.Load(dir)
	var got pack.Faults
	if !errors.As(err, &got) || p != nil {
		t.Fatalf("Load = %v, %v; want no pack and Faults", p, err)
	}
	want := wanted(t, dir)
	want = append(want, // those that have no line of their own to stand in
		pack.Fault{File: "procedures/7.000002.yaml", Line: 2, Text: `the file has no "guide"; allowed: where, steps, label`},
		pack.Fault{File: "procedures/7.000002.yaml", Line: 2, Text: `the file has no "taken_by"; allowed: who takes it`},
		pack.Fault{File: "procedures/7.000003.yaml", Line: 1, Text: "not YAML: could not find end character of double-quoted text"},
		pack.Fault{File: "procedures/7.000004.yml", Text: "not part of a pack; allowed: pack.yaml, units.yaml"},
	)
	if len(want) < 20 {
		t.Fatalf("only %d faults to find", len(want))
	}
	left := map[string]bool{}
	for _, f := range got {
		left[f.Error()] = true
	}
	for _, w := range want {
		found := false
		for text := range left {
			if strings.HasPrefix(text, w.Error()) || strings.HasPrefix(text, prefix(w)) && strings.Contains(text, w.Text) {
				delete(left, text)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("not named: %v", w)
		}
	}
	for text := range left {
		t.Errorf("named but not there: %s", text)
	}
}

// prefix is the "file:line: " that a fault's text begins with.
func prefix(f pack.Fault) string { return strings.TrimSuffix(f.Error(), f.Text) }

func TestFaultsInADirectory(t *testing.T) {
	_, err := pack.Load(os.DirFS("testdata/faults"))
	var got pack.Faults
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	const want = `packs/hanoi/procedures/7.000001.yaml:5: icon "babby" is not known; allowed: accessibility, award, baby, `
	if text := got.In("packs/hanoi").Error(); !strings.Contains(text, "\n"+want) {
		t.Errorf("In did not yield %q:\n%s", want, text)
	}
}

func TestMissingSheets(t *testing.T) {
	_, err := pack.Load(os.DirFS(t.TempDir()))
	var got pack.Faults
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	for _, name := range []string{"pack.yaml", "units.yaml", "groups.yaml", "calendar.yaml", "consent.yaml"} {
		if !strings.Contains(got.Error(), name+": not there") {
			t.Errorf("%s is missing and not named:\n%v", name, got)
		}
	}
}
