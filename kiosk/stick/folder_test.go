package stick

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFolders(t *testing.T) {
	one, _, _ := written(t, 1)
	parent := filepath.Dir(one)
	two := filepath.Join(parent, "motcua-CN-04-20261103T080509Z")
	for _, dir := range []string{two, filepath.Join(parent, "motcua-CN-05-unfinished"), filepath.Join(parent, "photos")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{two, filepath.Join(parent, "photos")} {
		if err := os.WriteFile(filepath.Join(dir, manifestName), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(two, filepath.Join(parent, "motcua-CN-06-link")); err != nil {
		t.Fatal(err)
	}
	if got, err := Folders(parent); err != nil || !slices.Equal(got, []string{one, two}) {
		t.Errorf("Folders(stick) = %v, %v", got, err)
	}
	if got, err := Folders(one); err != nil || !slices.Equal(got, []string{one}) {
		t.Errorf("Folders(folder) = %v, %v", got, err)
	}
	if got, err := Folders(filepath.Join(parent, "motcua-CN-05-unfinished")); !errors.Is(err, ErrUnfinished) {
		t.Errorf("Folders(unfinished) = %v, %v", got, err)
	}
}

// What was put on a stick by hand neither leads out of it nor holds anybody up,
// for reading and for writing.
func TestNothingLeadsOut(t *testing.T) {
	dir, _, m := written(t, 1)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("stays"), 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, m.Files[0].Name)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	same := filepath.Join(t.TempDir(), "same") // even with the right bytes
	if err := os.WriteFile(same, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, put := range map[string]func() error{
		"a link":   func() error { return os.Symlink(same, name) },
		"a pipe":   func() error { return unix.Mkfifo(name, 0o600) },
		"a folder": func() error { return os.Mkdir(name, 0o700) },
	} {
		if err := errors.Join(os.Remove(name), put()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Files[0].Read(dir); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: Read = %v, want ErrAltered", what, err)
		}
		if _, err := (Part{File: m.Files[0].Name, Size: 1}).Open(dir); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: Open = %v, want ErrAltered", what, err)
		}
	}
	for _, link := range []string{"C0000001.NEW", "C0000001.JWS"} {
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadConfirmation(filepath.Join(dir, "C0000001.JWS")); !errors.Is(err, ErrAltered) {
		t.Errorf("ReadConfirmation of a link = %v, want ErrAltered", err)
	}
	if err := Confirm(dir, "CN-03", made, []Word{word()}, newAuthority(t).central()); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "stays" {
		t.Errorf("a file outside now holds %q, %v", b, err)
	}
}
