package pack_test

import (
	"io/fs"
	"testing"

	"motcua/assets"
	"motcua/kiosk/pack"
)

func hanoi(t testing.TB) *pack.Pack {
	t.Helper()
	dir, err := fs.Sub(assets.Files, "packs/hanoi")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Load(dir)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return p
}

func TestHanoiLoads(t *testing.T) {
	if got := len(hanoi(t).Units); got != 126 {
		t.Errorf("%d units, want 126", got)
	}
}
