package display

import (
	"errors"
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// start gives a display in memory.
func start(t *testing.T) *Display {
	t.Helper()
	d, err := Start(t.Context(), 400, 300)
	if errors.Is(err, ErrNoXvfb) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return d
}

// window puts up a window in one colour that reports touches, as a program
// of its own would.
func window(t *testing.T, d *Display, r image.Rectangle, rgb uint32) *xgb.Conn {
	t.Helper()
	conn, err := xgb.NewConnDisplay(d.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	screen := xproto.Setup(conn).DefaultScreen(conn)
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	mask := uint32(xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskExposure)
	err = xproto.CreateWindowChecked(conn, screen.RootDepth, id, screen.Root,
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixel|xproto.CwEventMask, []uint32{rgb, mask}).Check()
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	if e, err := conn.WaitForEvent(); err != nil {
		t.Fatal(err)
	} else if _, ok := e.(xproto.ExposeEvent); !ok {
		t.Fatalf("first event %T, want the window shown", e)
	}
	return conn
}

func TestTouchReachesTheWindow(t *testing.T) {
	d := start(t)
	conn := window(t, d, image.Rect(50, 40, 250, 140), 0x112233)
	at, err := d.Window(image.Pt(200, 100))
	if err != nil || at != image.Rect(50, 40, 250, 140) {
		t.Fatalf("Window = %v, %v", at, err)
	}
	for _, p := range []image.Point{{10, 20}, {199, 99}} {
		if err := d.Touch(at.Min.Add(p)); err != nil {
			t.Fatal(err)
		}
		down, _ := conn.WaitForEvent()
		if e, ok := down.(xproto.ButtonPressEvent); !ok || e.EventX != int16(p.X) || e.EventY != int16(p.Y) || e.Detail != 1 {
			t.Errorf("touch at %v: %+v, want the finger down there", p, down)
		}
		up, _ := conn.WaitForEvent()
		if e, ok := up.(xproto.ButtonReleaseEvent); !ok || e.EventX != int16(p.X) || e.EventY != int16(p.Y) {
			t.Errorf("touch at %v: %+v, want the finger up there", p, up)
		}
	}
	if err := d.Touch(image.Pt(400, 10)); err == nil {
		t.Error("a touch beside the display was taken")
	}
}

func TestPictureShowsTheWindow(t *testing.T) {
	d := start(t)
	window(t, d, image.Rect(50, 40, 250, 140), 0x8E1B1F)
	img, err := d.Picture(image.Rect(40, 30, 100, 80))
	if err != nil || img.Bounds() != image.Rect(0, 0, 60, 50) {
		t.Fatalf("Picture = %v, %v", img.Bounds(), err)
	}
	if got, want := img.RGBAAt(10, 10), (color.RGBA{0x8E, 0x1B, 0x1F, 0xFF}); got != want {
		t.Errorf("inside: %v, want %v", got, want)
	}
	if got, want := img.RGBAAt(9, 9), (color.RGBA{0, 0, 0, 0xFF}); got != want {
		t.Errorf("outside: %v, want %v", got, want)
	}
}

func TestNoSuchWindow(t *testing.T) {
	if at, err := start(t).Window(image.Pt(200, 100)); err == nil {
		t.Errorf("Window = %v, want an error", at)
	}
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	if d, err := Open(""); err == nil {
		t.Errorf("Open = %v without a display", d.Name())
	}
}
