package paper

import (
	"bytes"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"motcua/devices/port"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
)

// A receipt goes through driver, wire and firmware: what is on the roll is the
// drawn page dot by dot, and an independent reader reads its QR code there.
func TestOnTheRoll(t *testing.T) {
	p := press(t)
	for _, model := range []string{"epson-tm-t82", "generic-80"} {
		profile, err := escpos.Model(model)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []Receipt{received(), stored(), again()} {
			s, err := p.Receipt(r, profile.Width)
			if err != nil {
				t.Fatal(err)
			}
			piece := onRoll(t, profile, s)
			if at := offset(piece.Image, s.Page); at < 0 {
				t.Errorf("%s: the page is not on the roll", model)
			}
			if got := read(t, piece); got != r.Code {
				t.Errorf("%s: read %q off the roll, want %q", model, got, r.Code)
			}
		}
	}
}

// onRoll prints s on a unit of that profile and gives what comes out.
func onRoll(t *testing.T, profile escpos.Profile, s receipt.Slip) (piece receiptsim.Piece) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		unit := receiptsim.New(theirs, receiptsim.Options{Width: profile.Width})
		printer := escpos.New("printer", port.New("printer", ours), profile)
		if err := printer.Print(t.Context(), s); err != nil {
			t.Error(err)
		}
		if err := printer.Close(); err != nil {
			t.Error(err)
		}
		if err := unit.Close(); err != nil {
			t.Error(err)
		}
		want, err := escpos.Encode(profile, s)
		if err != nil || !bytes.HasPrefix(unasked(unit.Bytes()), unasked(want)) {
			t.Errorf("%s: the unit took other bytes than Encode gives (%v)", profile.Name, err)
		}
		if n := unit.Unknown(); len(n) > 0 {
			t.Errorf("%s: the firmware does not know %v", profile.Name, n)
		}
		pieces := unit.Pieces()
		piece = pieces[len(pieces)-1]
	})
	return piece
}

// unasked is b without the questions (DLE EOT 1) between its bands.
func unasked(b []byte) []byte { return bytes.ReplaceAll(b, []byte{0x10, 0x04, 1}, nil) }

// offset finds page in roll, as wide as it, and gives its first row; -1 if it
// is not there.
func offset(roll, page *image.Gray) int {
	dark := func(img *image.Gray) (rows []string) {
		for y := range img.Rect.Dy() {
			row := make([]byte, img.Rect.Dx())
			for x, v := range img.Pix[y*img.Stride:][:len(row)] {
				row[x] = " #"[v>>7^1]
			}
			rows = append(rows, string(row))
		}
		return rows
	}
	want := strings.TrimRight(strings.Join(dark(page), "\n"), " \n")
	at := strings.Index(strings.Join(dark(roll), "\n"), want)
	if at < 0 {
		return -1
	}
	return at / (roll.Rect.Dx() + 1)
}

// read reads the code off a piece of paper by zbarimg.
func read(t *testing.T, piece receiptsim.Piece) string {
	t.Helper()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed (zbar-tools)")
	}
	b, err := piece.PNG()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "piece.png")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(zbar, "--quiet", "--raw", file).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.TrimSuffix(string(out), "\n")
}
