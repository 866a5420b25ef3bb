package escpos

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/devices/hotplug"
	"motcua/devices/port"
	"motcua/devices/receipt"
)

func all(t testing.TB) []Profile {
	t.Helper()
	all, err := Profiles()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// page draws a page with white runs, squares and noise.
func page(t *rapid.T, width int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, rapid.IntRange(1, width).Draw(t, "width"), rapid.IntRange(1, 300).Draw(t, "height")))
	for i := range img.Pix {
		img.Pix[i] = 0xFF
	}
	for range rapid.IntRange(0, 12).Draw(t, "marks") {
		x, y := rapid.IntRange(0, img.Rect.Dx()-1).Draw(t, "x"), rapid.IntRange(0, img.Rect.Dy()-1).Draw(t, "y")
		w, h := rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h")
		grain := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "grain")
		bits := rapid.Uint32().Draw(t, "bits")
		if grain > 1 {
			x, y = x&^1, y&^1
		}
		for dy := range h {
			for dx := range w {
				if image.Pt(x+dx, y+dy).In(img.Rect) && bits>>((dx/grain+7*(dy/grain))%32)&1 == 1 {
					img.Pix[(y+dy)*img.Stride+x+dx] = byte(bits >> 24 & 0x7F)
				}
			}
		}
	}
	return img
}

// decode is an independent reading of what a slip is made of.
func decode(t interface{ Fatalf(string, ...any) }, b []byte, width int) (rows [][]byte) {
	left := 0
	for len(b) > 0 {
		switch {
		case bytes.HasPrefix(b, []byte{0x1B, 'J'}):
			for range b[2] {
				rows = append(rows, make([]byte, width/8))
			}
			b = b[3:]
		case bytes.HasPrefix(b, []byte{0x1D, 'L'}):
			left = int(b[2]) + int(b[3])<<8
			b = b[4:]
		case bytes.HasPrefix(b, []byte{0x1D, 'v', '0'}):
			scale, wide, high := 1, int(b[4]), int(b[6])
			if b[3] == 3 {
				scale = 2
			}
			if high > bandRows || b[5] != 0 || b[7] != 0 {
				t.Fatalf("a raster of %d rows", high)
			}
			b = b[8:]
			for y := range high * scale {
				row := make([]byte, width/8)
				for x := range wide * 8 * scale {
					if dot := left + x; b[y/scale*wide+x/scale/8]>>(7-x/scale%8)&1 == 1 && dot < width {
						row[dot/8] |= 0x80 >> (dot % 8)
					}
				}
				rows = append(rows, row)
			}
			b = b[wide*high:]
		default:
			t.Fatalf("stray bytes % x", b[:min(len(b), 8)])
		}
	}
	return rows
}

// Whatever the page and the model, what is sent is the page, in steps that a
// unit can take, and never more than the plain bitmap with its headers.
func TestEncodeSendsThePage(t *testing.T) {
	profiles := all(t)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(profiles).Draw(t, "profile")
		img := page(t, p.Width)
		steps, err := encode(img, p)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		var sent []byte
		for _, s := range steps {
			if len(s.bytes) > p.chunk() {
				t.Fatalf("a step of %d bytes; the unit takes %d", len(s.bytes), p.chunk())
			}
			sent = append(sent, s.bytes...)
		}
		want := pack(img, p.Width)
		for len(want) > 0 && isWhite(want[len(want)-1]) {
			want = want[:len(want)-1]
		}
		got := decode(t, sent, p.Width)
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for y := range want {
			if !bytes.Equal(got[y], want[y]) {
				t.Fatalf("row %d is % x, want % x", y, got[y], want[y])
			}
		}
		if most := len(want)*p.Width/8 + 8*(len(want)/8+1); len(sent) > most {
			t.Fatalf("%d bytes for %d rows; the bitmap is %d", len(sent), len(want), most)
		}
	})
}

func TestEncodeBytes(t *testing.T) {
	base := Profile{Width: 64, DPI: 203, Speed: 100, Buffer: 4096, Tail: 8}
	for _, c := range []struct {
		name    string
		profile func(Profile) Profile
		want    string
	}{
		{"plain", func(p Profile) Profile { p.Cut = Full; return p },
			"1b 40 1c 2e | 1b 4a 0f | 1d 76 30 00 08 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 | 1b 4a 08 1d 56 00"},
		{"with margin and units", func(p Profile) Profile { p.Cut, p.Margin, p.Units = FeedPartial, true, true; return p },
			"1b 40 1c 2e 1d 50 cb cb | 1b 4a 0f | 1d 4c 38 00 1d 76 30 00 01 00 02 00 01 01 1d 4c 00 00 | 1b 4a 08 1d 56 42 00"},
		{"automatic status, full cut", func(p Profile) Profile { p.Cut, p.Automatic = FeedFull, true; return p },
			"1b 40 1c 2e 1d 61 0e | 1b 4a 0f | 1d 76 30 00 08 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 | 1b 4a 08 1d 56 41 00"},
		{"no cutter", func(p Profile) Profile { p.Cut, p.Tail = NoCut, 300; return p },
			"1b 40 1c 2e | 1b 4a 0f | 1d 76 30 00 08 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 | 1b 4a ff 1b 4a 2d"},
		{"partial cut where it stands", func(p Profile) Profile { p.Cut = Partial; return p },
			"1b 40 1c 2e | 1b 4a 0f | 1d 76 30 00 08 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 01 | 1b 4a 08 1d 56 01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			img := image.NewGray(image.Rect(0, 0, 64, 20))
			for i := range img.Pix {
				img.Pix[i] = 0xFF
			}
			img.Pix[15*64+63], img.Pix[16*64+63] = 0, 0
			b, err := Encode(c.profile(base), receipt.Slip{Page: img})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprintf("% x", b), strings.ReplaceAll(c.want, " |", ""); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestSorter(t *testing.T) {
	for _, c := range []struct {
		name, bytes string
		want        []kind
	}{
		{"answers", "\x12\x16\x1e\x7e", []kind{realTime, realTime, realTime, realTime}},
		{"handshake", "\x13\x11", []kind{xoff, xon}},
		{"automatic", "\x10\x00\x0f\x00", []kind{partly, partly, partly, automatic}},
		{"XOFF within automatic", "\x38\x00\x13\x00\x00", []kind{partly, partly, xoff, partly, automatic}},
		{"an answer within automatic", "\x38\x00\x12\x00\x00", []kind{partly, partly, realTime, partly, automatic}},
		{"automatic begins anew", "\x10\x00\x38\x00\x00\x00", []kind{partly, partly, partly, partly, partly, automatic}},
		{"GS r", "\x00\x0c\x03", []kind{queued, queued, queued}},
		{"none of these", "\xff\x9a", []kind{noise, noise}},
		{"process id", "\x37\x22 2 8\x00\x12", []kind{partly, partly, partly, partly, partly, partly, processed, realTime}},
		{"process id without its end", "\x37\x22abcd\x12\x16", []kind{partly, partly, partly, partly, partly, partly, noise, realTime}},
		{"cleared", "\x37\x25\x00\x0c", []kind{partly, partly, noise, queued}},
		{"no block after all", "\x37\x16", []kind{partly, realTime}},
		{"custom: full status", "\x10\x0f\x20\x13\x00\x00\x12", []kind{partly, partly, partly, partly, partly, full, realTime}},
		{"custom: no full status", "\x10\x16", []kind{partly, realTime}},
	} {
		s := sorter{custom: strings.HasPrefix(c.name, "custom")}
		for i, b := range []byte(c.bytes) {
			if got := s.see(b); got != c.want[i] {
				t.Errorf("%s: byte %d (%02x) is %d, want %d", c.name, i, b, got, c.want[i])
			}
		}
	}
}

// Every status that units have been seen to send.
func TestStatusBits(t *testing.T) {
	for _, c := range []struct {
		a    answers
		want receipt.Status
	}{
		{answers{}, receipt.Unknown},
		{answers{1: 0x16, 2: 0x12, 3: 0x12, 4: 0x12}, receipt.OK},
		{answers{1: 0x12, 2: 0x12}, receipt.OK},
		{answers{1: 0x16, 2: 0x12, 4: 0x1E}, receipt.NearEnd},
		{answers{1: 0x1E, 2: 0x32, 4: 0x7E}, receipt.PaperOut},
		{answers{1: 0x1E, 4: 0x72}, receipt.PaperOut},
		{answers{1: 0x1E, 2: 0x32}, receipt.PaperOut},
		{answers{1: 0x1E, 2: 0x16, 4: 0x7E}, receipt.CoverOpen},
		{answers{1: 0x1E, 2: 0x52, 3: 0x1A}, receipt.Error},
		{answers{1: 0x1A, 2: 0x12, 3: 0x32}, receipt.Error},
		{answers{1: 0x1E, 2: 0x12, 4: 0x12}, receipt.Offline},
	} {
		if got := c.a.status(true); got != c.want {
			t.Errorf("% x is %v, want %v", c.a[1:], got, c.want)
		}
	}
	if got := (answers{1: 0x16, 4: 0x1E}).status(false); got != receipt.OK {
		t.Errorf("near end from a unit without the sensor is %v, want ok", got)
	}
	for _, c := range []struct {
		b    [4]byte
		want receipt.Status
	}{
		{[4]byte{0x10}, receipt.OK}, {[4]byte{0x10, 0, 3, 0}, receipt.NearEnd}, {[4]byte{0x18, 0, 0x0F, 0}, receipt.PaperOut},
		{[4]byte{0x38, 0, 0x0C, 0}, receipt.CoverOpen}, {[4]byte{0x18, 8, 0, 0}, receipt.Error}, {[4]byte{0x18}, receipt.Offline},
	} {
		if got := autoStatus(c.b, true); got != c.want {
			t.Errorf("automatic % x is %v, want %v", c.b, got, c.want)
		}
	}
}

// What Custom's units say (KPM150-H command reference, p. 10).
func TestFullStatusBits(t *testing.T) {
	for _, c := range []struct {
		b    [4]byte
		want receipt.Status
	}{
		{[4]byte{}, receipt.OK}, {[4]byte{0x04}, receipt.NearEnd}, {[4]byte{0x05}, receipt.PaperOut}, {[4]byte{0x20}, receipt.Presented},
		{[4]byte{0x24}, receipt.Presented}, {[4]byte{0x21}, receipt.PaperOut}, {[4]byte{0x01, 0x02}, receipt.CoverOpen}, {[4]byte{0, 0x01}, receipt.CoverOpen},
		{[4]byte{0, 0, 0x40}, receipt.Error}, {[4]byte{0x20, 0, 0x40}, receipt.Error}, {[4]byte{0, 0, 0x01}, receipt.Error}, {[4]byte{0, 0, 0, 0x01}, receipt.Error},
		{[4]byte{0xC0, 0x6C, 0x22}, receipt.OK}, // virtual end, notch, keys, motor, line fault: it prints
	} {
		if got := wholeStatus(c.b, true); got != c.want {
			t.Errorf("full status % x is %v, want %v", c.b, got, c.want)
		}
	}
}

// What is known of a unit is fine, bad, or neither; never both.
func TestFineAndBad(t *testing.T) {
	for st := receipt.Unknown; st <= receipt.Unsupported; st++ {
		known := st != receipt.Unknown && st != receipt.Unsupported
		if st.Fine() && st.Bad() || (st.Fine() || st.Bad()) != known || st.Prints() == st.Bad() || st.String() == "" {
			t.Errorf("%v: fine %t, bad %t, prints %t", st, st.Fine(), st.Bad(), st.Prints())
		}
	}
}

// No bytes from a unit upset the sorter, and only four make a status.
func FuzzReplies(f *testing.F) {
	f.Add([]byte("\x16\x12\x12\x12"))
	f.Add([]byte("\x38\x00\x13\x0f\x00\x11\x00"))
	f.Add([]byte("\x37\x25\x00\x10\x10\x10\x00\x00\x00"))
	f.Add([]byte("\x37\x22abcd\x00\x10\x0f\x20\x13\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		custom := sorter{custom: true}
		for _, c := range b {
			if k := custom.see(c); k == full && wholeStatus(custom.whole, true) == receipt.Unknown {
				t.Fatalf("a unit of Custom's said %d", k)
			}
			if len(custom.block) > 6 {
				t.Fatalf("a block of %d bytes", len(custom.block))
			}
		}
		var s sorter
		parts := 0
		for _, c := range b {
			switch s.see(c) {
			case partly:
				parts++
			case automatic:
				if parts < 3 {
					t.Fatalf("a status out of %d bytes", parts+1)
				}
				parts = 0
				if st := autoStatus(s.auto, true); st == receipt.Unknown {
					t.Fatalf("% x says nothing", s.auto)
				}
			}
		}
	})
}

func TestProfiles(t *testing.T) {
	var names []string
	for _, p := range all(t) {
		names = append(names, p.Name)
	}
	want := "bixolon-srp custom-tg custom-vkp80 epson-tm-t82 epson-tm-t88 generic-58 generic-80 generic-80-deaf star-escpos xprinter-n160 xprinter-q200"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("profiles %s, want %s", got, want)
	}
	if _, err := Model("epson"); err == nil || !strings.Contains(err.Error(), "epson-tm-t82") {
		t.Errorf("an unknown model: %v, want the names there are", err)
	}
}

func TestProfileFaults(t *testing.T) {
	good := "x: {title: X, width: 576, dpi: 203, speed: 100, buffer: 4096, cut: none, tail: 8, status: [1], source: book}"
	if _, err := parseProfiles([]byte(good)); err != nil {
		t.Fatalf("%v", err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"width: 576", "width: 575", "width 575"}, {"dpi: 203", "dpi: 300", "dpi 300"}, {"speed: 100", "speed: 0", "speed 0"},
		{"buffer: 4096", "buffer: 64", "buffer 64"}, {"cut: none", "cut: tear", `cut "tear"`}, {"tail: 8", "tail: -1", "tail -1"},
		{"tail: 8", "tail: 100000", "tail 100000"}, {"width: 576, dpi: 203, speed: 100, buffer: 4096", "width: 2040, dpi: 203, speed: 100, buffer: 512", "two rows of 2040"},
		{"status: [1]", "status: [7]", "status 7"}, {"status: [1], ", "", "status"}, {"status: [1]", "status: [1, 20]", "status 20"}, {"status: [1]", "status: [], queued: true", "queued"},
		{"status: [1]", "status: [1], present: [3, 1], retract: [2]", "status 20"}, {"status: [1]", "status: [20], present: [3, 1]", "both"},
		{"status: [1]", "status: [20], automatic: true", "automatic"}, {"source: book", "source: ''", "source"},
		{"title: X", "titel: X", "titel"}, {"title: X, ", "", "title"},
	} {
		_, err := parseProfiles([]byte(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to name %s", c.to, err, c.want)
		}
	}
}

// A wire whose speed the configuration leaves out has the default one, and is
// reckoned with; what is no wire holds us back by itself.
func TestSpeed(t *testing.T) {
	for _, c := range []struct {
		baud int
		line hotplug.Unit
		want int
	}{
		{115200, hotplug.Unit{Sys: "/devices/tty/ttyS0"}, 115200},
		{0, hotplug.Unit{Sys: "/devices/tty/ttyS0"}, port.DefaultBaud},
		{0, hotplug.Unit{Sys: "/devices/usb1/1-5/ttyUSB0", Driver: "cp210x"}, port.DefaultBaud},
		{0, hotplug.Unit{Sys: "/devices/usb1/1-1/ttyACM0", Driver: "cdc_acm"}, 0},
		{0, hotplug.Unit{Node: "/dev/pts/3"}, 0},
	} {
		if got := speed(c.baud, c.line); got != c.want {
			t.Errorf("speed(%d, %+v) = %d, want %d", c.baud, c.line, got, c.want)
		}
	}
}

// No table upsets the reader, and on every model that it takes a page can be sent in
// steps that the unit has room for.
func FuzzProfiles(f *testing.F) {
	f.Add(profiles)
	f.Add([]byte("x: {title: X, width: 2040, dpi: 100, speed: 1, buffer: 600, cut: none, tail: 1000, status: [], source: book}"))
	f.Add([]byte("x: {title: X, width: 8, dpi: 255, speed: 1, buffer: 512, cut: total, tail: 0, status: [20], present: [3, 1], retract: [2], margin: true, source: book}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseProfiles(b)
		if err != nil {
			return
		}
		for _, p := range all.All() {
			page := image.NewGray(image.Rect(0, 0, p.Width, 20)) // all of it black
			steps, err := encode(page, p)
			if err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			for _, s := range append(steps, p.end()) {
				if len(s.bytes) > p.chunk() {
					t.Fatalf("%+v: a step of %d bytes; the unit takes %d", p, len(s.bytes), p.chunk())
				}
			}
		}
	})
}

// At 115,200 baud text never waits; a long feed does, as the head is slower
// than the line there. On a line that holds us back nothing waits.
func TestPace(t *testing.T) {
	profile := Profile{DPI: 203, Speed: 100, Buffer: 4096}
	now := time.Now()
	band := step{bytes: make([]byte, 2000), rows: 28}
	p := profile.pace(115_200)
	for range 20 {
		if d := p.room(now, len(band.bytes)); d != 0 {
			t.Fatalf("waits %v for text", d)
		}
		p.add(now, band)
	}
	// Feeds of 4 m in all are 6 kB and take the head 40 s.
	p = profile.pace(115_200)
	waited := time.Duration(0)
	for range 125 {
		d := p.room(now.Add(waited), 48)
		waited += d
		p.add(now.Add(waited), step{bytes: make([]byte, 48), rows: 255})
	}
	if waited < 5*time.Second || waited > 40*time.Second {
		t.Errorf("feeds of 4 m: waits %v in all", waited)
	}
	profile.Automatic = true
	p = profile.pace(0)
	for range 100 {
		p.add(now, band)
	}
	if d := p.room(now, 2000); d != 0 {
		t.Errorf("waits %v on a line that holds us back", d)
	}
}
