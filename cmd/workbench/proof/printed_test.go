package proof

import (
	"image"
	"image/png"
	"os"
	"testing"
)

// slip is a picture that the kiosk's own tests hold its paper to.
func slip(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open("../../../kiosk/paper/testdata/" + name + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	paper, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return paper
}

func TestMarked(t *testing.T) {
	for name, want := range map[string]bool{"again": true, "again-58mm": true, "received": false, "stored-58mm": false} {
		if got, err := Marked(slip(t, name)); got != want || err != nil {
			t.Errorf("%s: Marked = %v, %v", name, got, err)
		}
	}
}

func TestWhole(t *testing.T) {
	for _, name := range []string{"again", "received", "stored-58mm"} {
		paper := slip(t, name)
		if whole, err := Whole(paper, "CN-03"); !whole || err != nil {
			t.Errorf("%s: Whole = %v, %v", name, whole, err)
		}
		if whole, err := Whole(paper, "CN-04"); whole || err != nil {
			t.Errorf("%s: Whole by another station = %v, %v", name, whole, err)
		}
		const foot = 60 // dots, less than it is high
		cropped := paper.(interface {
			SubImage(image.Rectangle) image.Image
		})
		b := paper.Bounds()
		b.Max.Y -= foot
		if whole, err := Whole(cropped.SubImage(b), "CN-03"); whole || err != nil {
			t.Errorf("%s, torn off above its foot: Whole = %v, %v", name, whole, err)
		}
	}
}

func TestReceipt(t *testing.T) {
	const claim, dossier = "CN03-7F2K", "H26.82-261121-0147"
	for _, name := range []string{"received", "stored"} {
		paper := slip(t, name)
		if err := Receipt(paper, claim, dossier); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if Receipt(top(paper, 8), claim, dossier) == nil {
			t.Errorf("%s, torn off above its code, was taken", name)
		}
	}
}

// top is the upper part of a paper, one of so many.
func top(paper image.Image, of int) image.Image {
	b := paper.Bounds()
	b.Max.Y = b.Min.Y + b.Dy()/of
	return paper.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(b)
}

func TestPrinted(t *testing.T) {
	paper := slip(t, "again")
	again, err := Again()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{again, "H26.82-261121-0147", "K7QX", "Đăng ký khai sinh"} {
		if err := Printed(paper, line); err != nil {
			t.Error(err)
		}
	}
	stored, err := StoredHere()
	if err != nil {
		t.Fatal(err)
	}
	paper = top(paper, 2)
	if err := Printed(paper, "H26.82-261121-0147"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{stored, "H26.82-261121-0148", "H26.82-251121-0147", "IN LẠI · LẦN 3"} {
		if Printed(paper, line) == nil {
			t.Errorf("the paper says %q, which it does not", line)
		}
	}
}
