package stick

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/submission"
)

var made = time.Date(2026, 11, 3, 8, 5, 9, 0, time.UTC)

func sealed(text string) Sealed {
	b := append(bytes.Clone(sealedHead), text...)
	return Sealed{ID: submission.NewID(), Digest: submission.Digest(b), Accepted: made.Add(-time.Hour), Bytes: b}
}

// written gives a folder with n submissions.
func written(t *testing.T, n int) (dir string, all []Sealed, m Manifest) {
	t.Helper()
	w, err := Create(t.TempDir(), "CN-03", made)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		all = append(all, sealed(strings.Repeat("x", 1+i)))
		if err := w.Add(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if m, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Dir(), all, m
}

func TestThereAndBack(t *testing.T) {
	dir, all, m := written(t, 3)
	if name := filepath.Base(dir); name != "motcua-CN-03-20261103T080509Z" {
		t.Errorf("folder %s", name)
	}
	got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("Open (-written +read):\n%s", diff)
	}
	if got.Station != "CN-03" || !got.Made.Equal(made) || len(got.Files) != 3 {
		t.Errorf("manifest %+v", got)
	}
	for i, f := range got.Files {
		b, err := f.Read(dir)
		if err != nil || !bytes.Equal(b, all[i].Bytes) || f.ID != all[i].ID || !f.Accepted.Equal(all[i].Accepted) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fat := regexp.MustCompile(`^[A-Z0-9_-]{1,8}\.[A-Z]{3}$`) // one entry of a folder each
	for _, n := range names {
		if n.Name() != manifestName && !fat.MatchString(n.Name()) {
			t.Errorf("FAT needs a long name for %s", n.Name())
		}
	}
}

func TestNothingButWhatIsWhole(t *testing.T) {
	w, err := Create(t.TempDir(), "CN-03", made)
	if err != nil {
		t.Fatal(err)
	}
	rotten, foreign := sealed("a"), sealed("b")
	rotten.Bytes[30%len(rotten.Bytes)] ^= 1
	foreign.Bytes = []byte("Nguyễn Văn Mẫu")
	foreign.Digest = submission.Digest(foreign.Bytes)
	for _, s := range []Sealed{rotten, foreign} {
		if err := w.Add(s); !errors.Is(err, ErrAltered) {
			t.Errorf("Add = %v, want ErrAltered", err)
		}
	}
	if _, err := Open(w.Dir()); !errors.Is(err, ErrUnfinished) {
		t.Errorf("Open before Close = %v, want ErrUnfinished", err)
	}
	if m, err := w.Close(); err != nil || len(m.Files) != 0 {
		t.Errorf("Close = %+v, %v; want an empty one", m, err)
	}
	if _, err := Create(filepath.Dir(w.Dir()), "CN-03", made); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create over another = %v, want it refused", err)
	}
}

func TestAltered(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, file string){
		"a byte": func(t *testing.T, file string) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)-1] ^= 1
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"longer": func(t *testing.T, file string) {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"gone": func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _, m := written(t, 1)
			spoil(t, filepath.Join(dir, m.Files[0].Name))
			if _, err := m.Files[0].Read(dir); !errors.Is(err, ErrAltered) {
				t.Errorf("Read = %v, want ErrAltered", err)
			}
		})
	}
}

func FuzzManifest(f *testing.F) {
	good, err := json.Marshal(Manifest{Version: 1, Station: "CN-03", Made: made,
		Files: []File{{Name: "S0000001.AGE", ID: submission.NewID(), Digest: "sha-256=:x:", Size: 10,
			Parts: []Part{{File: "P0000001.AGE", Name: strings.Repeat("0a", 32), Size: 10}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":2}`))
	f.Add(bytes.Replace(good, []byte("S0000001.AGE"), []byte("../../x"), 1))
	f.Add(bytes.Replace(good, []byte("P0000001.AGE"), []byte("../../x"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			if !errors.Is(err, ErrAltered) && !errors.Is(err, ErrNewer) {
				t.Errorf("parse = %v", err)
			}
			return
		}
		for _, file := range m.Files {
			if strings.ContainsAny(file.Name, `/\:`) || !submission.ValidID(file.ID) || file.Size > submission.MaxSealed {
				t.Errorf("took %+v", file)
			}
			for _, p := range file.Parts {
				if strings.ContainsAny(p.File, `/\:`) || !submission.ValidPart(p.Name) || p.File == file.Name {
					t.Errorf("took %+v", p)
				}
			}
		}
	})
}

func part(text string) ([]byte, Source) {
	b := []byte(text)
	sum := sha256.Sum256(b)
	return b, Source{Name: hex.EncodeToString(sum[:]), Size: int64(len(b)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// Parts come along beside their submission, in order; one that is not what its
// name says leaves its submission out and nothing of it behind.
func TestParts(t *testing.T) {
	w, err := Create(t.TempDir(), "CN-03", made)
	if err != nil {
		t.Fatal(err)
	}
	first, a := part("first")
	second, b := part(strings.Repeat("second", 100_000))
	plain, with, rotten, last := sealed("plain"), sealed("with"), sealed("rotten"), sealed("last")
	with.Parts = []Source{a, b}
	bad := a
	bad.Name = b.Name
	rotten.Parts = []Source{b, bad}
	last.Parts = []Source{a}
	for _, s := range []Sealed{plain, with, last} {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
		if err := w.Add(rotten); !errors.Is(err, ErrAltered) {
			t.Errorf("Add = %v, want ErrAltered", err)
		}
	}
	m, err := w.Close()
	if err != nil || m.Version != 2 || len(m.Files) != 3 || len(m.Files[1].Parts) != 2 {
		t.Fatalf("Close = %+v, %v", m, err)
	}
	for i, want := range [][]byte{first, second} {
		p := m.Files[1].Parts[i]
		f, err := p.Open(w.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", p.File, len(got), err)
		}
		_ = f.Close()
	}
	names, err := filepath.Glob(filepath.Join(w.Dir(), "*"))
	if err != nil || len(names) != 1+3+3 {
		t.Errorf("%v lie there, %v", names, err)
	}
	p := m.Files[1].Parts[1]
	if err := os.WriteFile(filepath.Join(w.Dir(), p.File), second[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(w.Dir()); !errors.Is(err, ErrAltered) {
		t.Errorf("Open = %v, want ErrAltered", err)
	}
	if err := os.Remove(filepath.Join(w.Dir(), p.File)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(w.Dir()); !errors.Is(err, ErrAltered) {
		t.Errorf("Open = %v, want ErrAltered", err)
	}
}

// A folder without parts is one that a central of before there were any reads.
func TestWithoutPartsAsBefore(t *testing.T) {
	dir, _, m := written(t, 2)
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil || m.Version != 1 || bytes.Contains(b, []byte("parts")) {
		t.Errorf("version %d, %v:\n%s", m.Version, err, b)
	}
}
