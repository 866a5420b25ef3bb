package receiptsim

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// obey runs a stream through a firmware that is not plugged in anywhere.
func obey(stream []byte, opts Options) (*mech, *firmware) {
	opts = opts.filled()
	off := make(chan struct{})
	in := newBuffer(len(stream))
	for _, b := range stream {
		in.bytes <- b
	}
	close(off) // ends run once the stream is
	m := newMech(opts, off)
	f := &firmware{mech: m, opts: opts, in: in, off: off}
	f.run()
	return m, f
}

// dark counts the dark dots of an image, and where they are.
func dark(img *image.Gray) (n int, box image.Rectangle) {
	for i, v := range img.Pix {
		if v < 0x80 {
			x, y := i%img.Stride, i/img.Stride
			n, box = n+1, box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return n, box
}

func said(m *mech) []byte {
	var all []byte
	for len(m.said) > 0 {
		all = append(all, <-m.said...)
	}
	return all
}

const gap = 112

func TestStream(t *testing.T) {
	raster := "\x1dv0\x00\x02\x00\x03\x00" + "\xff\xff" + "\x80\x01" + "\xff\xff"
	cut := "\x1dVB\x00"
	for _, c := range []struct {
		name, stream string
		ink          int
		box          image.Rectangle
	}{
		{"raster", raster + cut, 34, image.Rect(0, gap, 16, gap+3)},
		{"raster after white", "\x1dP\xcb\xcb\x1bJ\x64" + raster + cut, 34, image.Rect(0, gap+100, 16, gap+103)},
		{"feed in half dots before GS P", "\x1bJ\x64" + raster + cut, 34, image.Rect(0, gap+50, 16, gap+53)},
		{"raster from the left margin", "\x1dL\x20\x00" + raster + cut, 34, image.Rect(32, gap, 48, gap+3)},
		{"ESC @ takes the margin back", "\x1dL\x20\x00\x1b@" + raster + cut, 34, image.Rect(0, gap, 16, gap+3)},
		{"raster in the middle", "\x1ba\x01" + raster + cut, 34, image.Rect(280, gap, 296, gap+3)},
		{"raster at the right", "\x1ba2" + raster + cut, 34, image.Rect(560, gap, 576, gap+3)},
		{"raster twice as wide and high", "\x1dv0\x03\x01\x00\x01\x00\x81" + cut, 8, image.Rect(0, gap, 16, gap+2)},
		{"raster past the edge", "\x1dv0\x00\x49\x00\x01\x00" + strings.Repeat("\xff", 73) + cut, 576, image.Rect(0, gap, 576, gap+1)},
		{"raster with text before it is ignored", "a" + raster + "\n" + cut, -1, image.Rectangle{}},
		{"stored graphics", "\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00\xff\x81" + "\x1d(L\x02\x0002" + cut, 10, image.Rect(0, gap, 8, gap+2)},
		{"unknown commands are passed over", "\x1b\x01\x1d\x02" + raster + cut, 34, image.Rect(0, gap, 16, gap+3)},
		{"zero bytes between", "\x00\x00" + raster + "\x00" + cut, 34, image.Rect(0, gap, 16, gap+3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := obey([]byte(c.stream), Options{})
			pieces := m.Pieces()
			if len(pieces) != 1 {
				t.Fatalf("%d pieces, want 1", len(pieces))
			}
			ink, box := dark(pieces[0].Image)
			if c.ink >= 0 && (ink != c.ink || box != c.box) {
				t.Errorf("%d dots in %v, want %d in %v", ink, box, c.ink, c.box)
			}
			if c.ink < 0 && m.Unknown()["1d 76 30"] != 1 {
				t.Errorf("unknown: %v, want the raster among it", m.Unknown())
			}
		})
	}
}

// The cutter sits above the head: a cut without a feed takes the last lines.
func TestCutWithoutFeedLosesLines(t *testing.T) {
	m, _ := obey([]byte("\x1dP\xcb\xcb\x1dv0\x00\x01\x00\x02\x00\xff\xff\x1bJ\x32\x1dV\x00\x1bJ\xc8\x1dV\x00"), Options{})
	pieces := m.Pieces()
	if len(pieces) != 2 {
		t.Fatalf("%d pieces, want 2", len(pieces))
	}
	if n, _ := dark(pieces[0].Image); n != 0 {
		t.Errorf("the first piece has %d dark dots, want none", n)
	}
	if n, _ := dark(pieces[1].Image); n != 16 {
		t.Errorf("the second piece has %d dark dots, want 16", n)
	}
}

func TestTextIsShown(t *testing.T) {
	m, _ := obey([]byte("Xin chao \xc3\xa0\n\x1dVB\x00"), Options{})
	if n, _ := dark(m.Pieces()[0].Image); n < 500 {
		t.Errorf("%d dark dots: text is not shown", n)
	}
	if m.Unknown()["text"] != 2 {
		t.Errorf("unknown: %v, want two bytes of text", m.Unknown())
	}
}

func TestCodeCommandReads(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed (zbar-tools)")
	}
	want := "https://example.vn/hs?ma=H26.82"
	store := fmt.Sprintf("\x1d(k%c\x001P0%s", len(want)+3, want)
	m, _ := obey([]byte("\x1b@\x1dP\xcb\xcb\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1"+store+"\x1bJ\x50\x1d(k\x03\x001Q0\x1bJ\x50\x1dVB\x00"), Options{})
	b, err := m.Pieces()[0].PNG()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "roll.png")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(zbar, "--quiet", "--raw", file).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("zbarimg: %q, %v; want %q", got, err, want)
	}
}

// The answers as in the TM-T88III specification, pp. 304 and 319.
func TestStatusBytes(t *testing.T) {
	m, _ := obey(nil, Options{})
	ask := func() string {
		m.mu.Lock()
		defer m.mu.Unlock()
		for n := byte(1); n <= 4; n++ {
			m.answerEOT(n)
		}
		return fmt.Sprintf("% x", said(m))
	}
	for _, c := range []struct {
		name string
		hand func()
		want string
	}{
		{"well", func() {}, "16 12 12 12"},
		{"near end", func() { m.NearEnd(true) }, "16 12 12 1e"},
		{"paper out", func() { m.EndAfter(0) }, "1e 32 12 7e"},
		{"new roll", func() { m.LoadPaper(80_000) }, "16 12 12 12"},
		{"cover", func() { m.Cover(true) }, "1e 16 12 12"},
		{"cover and jam", func() { m.Jam(true) }, "1e 56 1a 12"},
		{"mute", func() { m.Mute(true) }, ""},
	} {
		c.hand()
		if got := ask(); got != c.want {
			t.Errorf("%s: % s, want %s", c.name, got, c.want)
		}
	}
}

func TestAutomaticStatus(t *testing.T) {
	m, _ := obey([]byte("\x1da\x0e"), Options{})
	if got := said(m); !bytes.Equal(got, []byte{0x10, 0, 0, 0}) {
		t.Errorf("when switched on: % x", got)
	}
	m.Cover(true)
	m.Cover(true)
	if got := said(m); !bytes.Equal(got, []byte{0x38, 0, 0, 0}) {
		t.Errorf("cover open: % x, want it once", got)
	}
	m.EndAfter(0)
	if got := said(m); !bytes.Equal(got, []byte{0x38, 0, 0x0F, 0}) {
		t.Errorf("and paper out: % x", got)
	}
}

func TestNewRollTearsOffTheOldPaper(t *testing.T) {
	m, _ := obey([]byte("\x1dv0\x00\x01\x00\x02\x00\xff\xff"), Options{})
	m.LoadPaper(1000)
	pieces := m.Pieces()
	if len(pieces) != 1 || !pieces[0].Torn {
		t.Fatalf("pieces %+v, want one that is torn off", pieces)
	}
	if m.Printed() != 0 {
		t.Errorf("%d rows of the old roll are still there", m.Printed())
	}
}

func TestBytesSinceReset(t *testing.T) {
	m, _ := obey([]byte("old\x1b@\x1bJ\x10\x1dVB\x00"), Options{})
	if got, want := string(m.Bytes()), "\x1b@\x1bJ\x10\x1dVB\x00"; got != want {
		t.Errorf("Bytes = %q, want %q", got, want)
	}
	if got, want := string(m.Pieces()[0].Raw), "old\x1b@\x1bJ\x10\x1dVB\x00"; got != want {
		t.Errorf("Raw = %q, want %q", got, want)
	}
}

func TestOpenKeepsOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "printer")
	if err := os.WriteFile(path, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Open(path, Options{}); err == nil {
		_ = p.Close()
		t.Fatal("Open replaced a file that is no symlink")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "keep" {
		t.Errorf("the file now is %q, %v", b, err)
	}
}

func TestOpenLinksAndUnlinks(t *testing.T) {
	link := filepath.Join(t.TempDir(), "printer")
	p, err := Open(link, Options{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.Readlink(link)
	if err != nil {
		t.Fatal(err)
	}
	p.Unplug()
	if _, err := os.Stat(first); err == nil {
		t.Error("the pty is still there after Unplug")
	}
	if err := p.Plug(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(link); err != nil {
		t.Errorf("after Plug: %v", err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(link); !os.IsNotExist(err) {
		t.Errorf("the link is left behind: %v", err)
	}
}

// No stream makes the firmware panic, loop, or keep more than it may.
func FuzzFirmware(f *testing.F) {
	for _, seed := range []string{
		"\x1b@\x1c.\x1dP\xcb\xcb\x1da\x0e\x1dv0\x00\x02\x00\x01\x00\xff\xff\x1bJ\x20\x1dVB\x00\x1dr\x01",
		"Hello\n\x1bd\x03\x1dV\x00", "\x1d(k\x04\x001A2\x00\x1d(k\x05\x001P0ab\x1d(k\x03\x001Q0",
		"\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00\xff\x81\x1d(L\x02\x0002", "\x1d8L\xff\xff\xff\xff0p", "\x1b*\x21\xff\xff",
		"\x10\x04\x01\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", "\x1dk\x04abc\x00\x1dkI\x03abc", "\x1b3\xff\x1bd\xff\x1bd\xff",
		"\x1dv0\x03\xff\xff\xff\xff", "\x1dL\xff\xff\x1dv0\x00\x01\x00\x01\x00\xff", "\x1bD\x08\x10\x00\x1ba\x02\x1dW\x00\x00x\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 1024 {
			return
		}
		m, w := obey(stream, Options{Width: 64, Paper: 300})
		rows := 0
		for _, p := range m.Pieces() {
			rows += p.Image.Rect.Dy()
			if len(p.Raw) > keptBytes {
				t.Fatalf("a piece keeps %d bytes", len(p.Raw))
			}
		}
		switch {
		case rows > keptRows, len(m.roll) > (longestPiece+1)*m.stride(), len(m.job) > keptBytes:
			t.Fatalf("kept %d rows, %d bytes of roll, %d of the stream", rows, len(m.roll), len(m.job))
		case len(w.stored.pixels) > storedMost, len(w.line) > w.opts.Width, len(w.code) > 1<<16:
			t.Fatalf("kept %d stored pixels, %d characters, %d bytes of code", len(w.stored.pixels), len(w.line), len(w.code))
		}
	})
}
