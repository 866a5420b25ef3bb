package pack

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"motcua/assets"
)

// FuzzLoad puts any bytes in the place of one sheet of a good pack. Load must
// not panic; it gives either a pack that answers, or faults that each name a
// file.
func FuzzLoad(f *testing.F) {
	schemas, err := Schemas()
	if err != nil {
		f.Fatal(err)
	}
	good := fstest.MapFS{}
	if err := copyInto(good, os.DirFS("testdata/tiny")); err != nil {
		f.Fatal(err)
	}
	hanoi, err := fs.Sub(assets.Files, "packs/hanoi")
	if err != nil {
		f.Fatal(err)
	}
	places := []string{
		"pack.yaml", "units.yaml", "groups.yaml", "calendar.yaml", "consent.yaml", "blocks.yaml", "search.yaml",
		"procedures/9.000002.yaml",
	}
	for _, from := range []fs.FS{os.DirFS("testdata/tiny"), os.DirFS("testdata/faults"), hanoi} {
		seeds := fstest.MapFS{}
		if err := copyInto(seeds, from); err != nil {
			f.Fatal(err)
		}
		for name, file := range seeds {
			for i, place := range places {
				if place == name || i == len(places)-1 && strings.HasPrefix(name, procedures) {
					f.Add(byte(i), file.Data)
				}
			}
		}
	}
	f.Add(byte(0), []byte("a: &a [*a]"))
	f.Add(byte(7), []byte("? [a]\n: {b: !!int c}\n<<: *d"))
	f.Fuzz(func(t *testing.T, place byte, b []byte) {
		dir := fstest.MapFS{}
		for name, file := range good {
			dir[name] = file
		}
		dir[places[int(place)%len(places)]] = &fstest.MapFile{Data: b}
		p, err := load(dir, schemas)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 || p != nil {
				t.Fatalf("load = %v, %v", p, err)
			}
			for _, one := range faults {
				if one.File == "" || one.Text == "" || one.Line < 0 || one.Line > strings.Count(string(b), "\n")+200 {
					t.Fatalf("fault %+v", one)
				}
			}
			return
		}
		now := time.Date(2026, 11, 21, 10, 42, 0, 0, p.Calendar.Zone)
		for _, pr := range p.Search("ghe moi") {
			_ = pr.Line(EN, now)
			_ = pr.RulesAt(now)
			_ = pr.Shown(nil)
			if limit, ok := pr.TimeLimit(now); ok && p.Calendar.Due(limit, now).Before(now) {
				t.Fatalf("due before it was received")
			}
		}
	})
}

func copyInto(m fstest.MapFS, from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		m[name] = &fstest.MapFile{Data: b}
		return err
	})
}
