package proof

import (
	"image/png"
	"os"
	"testing"
)

func TestPrinted(t *testing.T) {
	f, err := os.Open("../../../kiosk/paper/testdata/again.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	paper, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
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
	for _, line := range []string{stored, "H26.82-261121-0148", "H26.82-251121-0147", "IN LẠI · LẦN 3"} {
		if Printed(paper, line) == nil {
			t.Errorf("the paper says %q, which it does not", line)
		}
	}
}
