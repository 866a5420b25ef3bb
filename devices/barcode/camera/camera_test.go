package camera

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"motcua/devices"
	"motcua/devices/barcode/barcodetest"
	"motcua/devices/port"
	"motcua/devices/port/porttest"
)

const side = 200

// shown is a frame with a code of 3 pixels a module in its middle; "" = an empty desk.
func shown(t testing.TB, content string) *image.Gray {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	if content == "" {
		return img
	}
	code, err := encoder.Encoder_encodeWithoutHint(content, decoder.ErrorCorrectionLevel_L)
	if err != nil {
		t.Fatal(err)
	}
	m := code.GetMatrix()
	n := m.GetWidth()
	from := (side - 3*n) / 2
	for i := range 9 * n * n {
		if x, y := i%(3*n), i/(3*n); m.Get(x/3, y/3) == 1 {
			img.Pix[(from+y)*side+from+x] = 40
		}
	}
	return img
}

// motion is that frame as a camera's JPEG.
func motion(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shown(t, content), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bench is a camera whose frames come on a line, as far sends them.
func bench(t *testing.T, line port.Line, far net.Conn) barcodetest.Bench {
	stream, err := NewStream("camera", line, MJPEG, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	send := func(b []byte) { _, _ = far.Write(b) }
	o := Options{Unit: "camera", Repeat: time.Second, Pause: 5 * time.Millisecond}
	return barcodetest.Bench{
		Scanner: New(stream, o),
		Unit:    o.Unit,
		Scan:    func(content string) { send(motion(t, content)) },
		Half: func(content string) func() {
			frame := motion(t, content)
			send(frame[:len(frame)/2])
			return func() { send(frame[len(frame)/2:]) }
		},
		Flood:  func() { send(bytes.Repeat([]byte("x"), MaxFrame+1000)) },
		Repeat: o.Repeat,
		Unplug: func() { _ = far.Close() },
	}
}

// Faults that were put into the driver on purpose stand in barcodetest's doc.
func TestScannerInMemory(t *testing.T) {
	barcodetest.RunInBubble(t, func(t *testing.T) barcodetest.Bench {
		line, far := porttest.Pipe("camera")
		return bench(t, line, far)
	})
}

func TestScannerOnSocket(t *testing.T) {
	barcodetest.Run(t, func(t *testing.T) barcodetest.Bench {
		l, err := net.Listen("unix", filepath.Join(t.TempDir(), "camera"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ours, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return bench(t, port.New("camera", ours), far)
	})
}

// desk is a camera whose frames are handed over one by one.
type desk struct {
	frames chan *image.Gray // nil = a spoiled one
	closed chan struct{}
	given  int
}

func newDesk() *desk { return &desk{frames: make(chan *image.Gray), closed: make(chan struct{})} }

func (d *desk) Frame(ctx context.Context) (*image.Gray, error) {
	select {
	case f := <-d.frames:
		d.given++
		if f == nil {
			return nil, devices.Fail("camera", "read frame", devices.ErrGarbled, errSpoiled)
		}
		return f, nil
	case <-d.closed:
		return nil, devices.Fail("camera", "read frame", devices.ErrClosed, nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *desk) Close() error { close(d.closed); return nil }

func TestSilentCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		s := New(d, Options{Unit: "camera"})
		defer s.Close()
		began := time.Now()
		if _, err := s.Next(t.Context()); !errors.Is(err, devices.ErrSilent) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next = %v; want ErrSilent", err)
		}
		if took := time.Since(began); took != DefaultSilence {
			t.Errorf("that took %v; want %v", took, DefaultSilence)
		}
		go func() { d.frames <- shown(t, "A1") }() // it was only slow
		if code, err := s.Next(t.Context()); err != nil || code.Text != "A1" {
			t.Errorf("Next = %q, %v", code.Text, err)
		}
	})
}

func TestSpoiledFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		s := New(d, Options{Unit: "camera"})
		defer s.Close()
		go func() {
			for range garbledMost {
				d.frames <- nil
			}
			d.frames <- shown(t, "A1")
			for range garbledMost + 1 {
				d.frames <- nil
			}
		}()
		if code, err := s.Next(t.Context()); err != nil || code.Text != "A1" {
			t.Errorf("Next = %q, %v; want the code after some spoiled frames", code.Text, err)
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, devices.ErrGarbled) {
			t.Errorf("Next = %v; want ErrGarbled, as nothing else came", err)
		}
	})
}

// Frames are asked for one at a time, some ten a second, and not at all while nobody
// waits for a code.
func TestFramesAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		s := New(d, Options{Unit: "camera"})
		defer s.Close()
		stop := make(chan struct{})
		go func() { // a camera of any speed
			for empty := shown(t, ""); ; {
				select {
				case d.frames <- empty:
				case <-stop:
					return
				}
			}
		}()
		<-time.After(time.Minute)
		if d.given != 0 {
			t.Errorf("%d frames were taken while nobody asked", d.given)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := s.Next(ctx); err != context.DeadlineExceeded {
			t.Errorf("Next = %v", err)
		}
		if most := int(10*time.Second/DefaultPause) + 1; d.given > most || d.given < most/2 {
			t.Errorf("%d frames were taken in 10 s; want at most %d", d.given, most)
		}
		before := d.given // and fewer at night
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.Next(ctx); err != context.DeadlineExceeded {
			t.Errorf("Next = %v", err)
		}
		if most := int(time.Minute/(seldom*DefaultPause)) + 5; d.given-before > most || d.given-before < most/2 {
			t.Errorf("%d frames were taken in a minute of an empty desk; want at most %d", d.given-before, most)
		}
		close(stop)
	})
}

func TestStill(t *testing.T) {
	var s still
	empty, code := shown(t, ""), shown(t, "A1")
	if s.same(empty) {
		t.Error("the first frame is the same as none")
	}
	s.empty(empty)
	if !s.same(shown(t, "")) {
		t.Error("the empty desk is not the same")
	}
	noisy := shown(t, "")
	for i := range noisy.Pix {
		noisy.Pix[i] += uint8(i % 3)
	}
	if !s.same(noisy) {
		t.Error("noise makes another desk")
	}
	if s.same(code) {
		t.Error("a code is the same as the empty desk")
	}
	if s.same(empty.SubImage(image.Rect(0, 0, side, side/2)).(*image.Gray)) {
		t.Error("half a frame is the same as all of it")
	}
	s.forget()
	if s.same(empty) {
		t.Error("what was forgotten is the same")
	}
}

func TestFormats(t *testing.T) {
	const content, stride = "MOTCUA", 480
	grey := shown(t, content)
	two := func(at int, step int) []byte {
		b := bytes.Repeat([]byte{128}, stride*side)
		for y := range side {
			for x := range side {
				b[y*stride+step*x+at] = grey.Pix[y*side+x]
			}
		}
		return b
	}
	bare := motion(t, content) // as motion JPEG has it, without its tables
	var cut []byte
	var tables []int
	if _, ok := pictureEnd(bare, func(mark byte, at int) {
		if mark == markDHT {
			tables = append(tables, at)
		}
	}); !ok || len(tables) != 1 {
		t.Fatalf("the picture has %d segments of tables", len(tables))
	}
	length := 2 + int(bare[tables[0]+2])<<8 + int(bare[tables[0]+3])
	cut = append(append(cut, bare[:tables[0]]...), bare[tables[0]+length:]...)
	tests := []struct {
		format Format
		frame  []byte
		stride int
	}{
		{Grey, two(0, 1), stride}, {NV12, two(0, 1), stride}, {YUV12, two(0, 1), stride},
		{YUYV, two(0, 2), stride}, {UYVY, two(1, 2), stride},
		{MJPEG, motion(t, content), 0}, {MJPEG, cut, 0}, {JPEG, motion(t, content), 0},
	}
	for _, tt := range tests {
		var out image.Gray
		if err := tt.format.grey(tt.frame, side, side, tt.stride, &out); err != nil {
			t.Errorf("%s: %v", tt.format, err)
			continue
		}
		if out.Rect != grey.Rect {
			t.Errorf("%s: %v", tt.format, out.Rect)
			continue
		}
		for i := range out.Pix {
			if d := int(out.Pix[i]) - int(grey.Pix[i]); d > 60 || d < -60 || tt.stride > 0 && d != 0 {
				t.Errorf("%s: pixel %d is %d; want %d", tt.format, i, out.Pix[i], grey.Pix[i])
				break
			}
		}
		if err := tt.format.grey(tt.frame[:len(tt.frame)/2], side, side, tt.stride, &out); !errors.Is(err, errSpoiled) {
			t.Errorf("%s, half a frame: %v", tt.format, err)
		}
	}
	if err := Format("RGB3").grey(make([]byte, 1000), 10, 10, 30, new(image.Gray)); !errors.Is(err, errSpoiled) {
		t.Errorf("a format that is not understood: %v", err)
	}
}

// Frames of one length, among them such that come in pieces.
func TestStreamOfRows(t *testing.T) {
	for _, format := range []Format{Grey, NV12, YUYV} {
		synctest.Test(t, func(t *testing.T) {
			line, far := porttest.Pipe("camera")
			stream, err := NewStream("camera", line, format, side, side)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			n, _ := format.frame(side, side)
			go func() {
				defer far.Close()
				for _, content := range []string{"A", "B"} {
					b := bytes.Repeat([]byte{128}, n)
					for i, v := range shown(t, content).Pix {
						if format == YUYV {
							i *= 2
						}
						b[i] = v
					}
					for len(b) > 0 {
						sent := min(len(b), 9999)
						_, _ = far.Write(b[:sent])
						b = b[sent:]
					}
				}
			}()
			for _, content := range []string{"A", "B"} {
				frame, err := stream.Frame(t.Context())
				if err != nil || !bytes.Equal(frame.Pix, shown(t, content).Pix) {
					t.Errorf("%s: frame %s is another one; %v", format, content, err)
				}
			}
			if _, err := stream.Frame(t.Context()); !errors.Is(err, devices.ErrGone) {
				t.Errorf("at the end of the stream: %v", err)
			}
		})
	}
}

func TestStreamRefuses(t *testing.T) {
	for _, tt := range []struct {
		format Format
		w, h   int
	}{{Grey, 0, 10}, {Grey, 10, -1}, {YUYV, 100_000, 100_000}, {"RGB3", 10, 10}, {"", 10, 10}} {
		if _, err := NewStream("camera", nil, tt.format, tt.w, tt.h); !errors.Is(err, devices.ErrRefused) {
			t.Errorf("%q of %d by %d: %v; want ErrRefused", tt.format, tt.w, tt.h, err)
		}
	}
}

// A thumbnail inside a picture does not end it, and words between pictures are none.
func TestPictureInPicture(t *testing.T) {
	small := motion(t, "")
	segment := append([]byte{0xff, 0xe1, byte((len(small) + 2) >> 8), byte(len(small) + 2)}, small...)
	frame := motion(t, "OUTER")
	whole := append(append(append([]byte{}, frame[:2]...), segment...), frame[2:]...)
	if end, ok := pictureEnd(whole, nil); !ok || end != len(whole) {
		t.Fatalf("pictureEnd = %d, %t; want %d", end, ok, len(whole))
	}
	synctest.Test(t, func(t *testing.T) {
		line, far := porttest.Pipe("camera")
		stream, err := NewStream("camera", line, MJPEG, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := New(stream, Options{Unit: "camera"})
		defer s.Close()
		go func() {
			_, _ = far.Write([]byte("--boundary\r\nContent-Type: image/jpeg\r\n\r\n"))
			_, _ = far.Write(whole)
			_, _ = far.Write([]byte("\r\n--boundary"))
		}()
		if code, err := s.Next(t.Context()); err != nil || code.Text != "OUTER" {
			t.Errorf("Next = %q, %v", code.Text, err)
		}
	})
}

func FuzzFormat(f *testing.F) {
	for i, format := range formats() {
		f.Add(uint8(i), uint16(8), uint16(8), uint16(16), bytes.Repeat([]byte{9}, 200))
		if format == MJPEG {
			f.Add(uint8(i), uint16(0), uint16(0), uint16(0), motion(f, ""))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, w, h, stride uint16, frame []byte) {
		var out image.Gray
		format := formats()[int(which)%len(formats())]
		if err := format.grey(frame, int(w), int(h), int(stride), &out); err == nil && len(out.Pix) != out.Rect.Dx()*out.Rect.Dy() {
			t.Errorf("%s: %d pixels for %v", format, len(out.Pix), out.Rect)
		}
	})
}

// FuzzStream: whatever comes, and however it is cut up, gives the same pictures.
func FuzzStream(f *testing.F) {
	frame := motion(f, "")
	f.Add([]byte(strings.Repeat("x", 100)), uint16(10))
	f.Add(append([]byte("ab"), frame...), uint16(77))
	f.Add(append(append([]byte{}, frame...), frame...), uint16(1))
	f.Fuzz(func(t *testing.T, sent []byte, chunk uint16) {
		whole, pieces := pictures(sent, len(sent)), pictures(sent, int(chunk)+1)
		if whole != pieces {
			t.Errorf("%d pictures at once, %d in pieces of %d", whole, pieces, int(chunk)+1)
		}
	})
}

// pictures counts the pictures in bytes that come in pieces.
func pictures(sent []byte, chunk int) (n int) {
	s := &Stream{format: MJPEG}
	for len(sent) > 0 {
		piece := min(max(chunk, 1), len(sent))
		s.held = append(s.held, sent[:piece]...)
		sent = sent[piece:]
		for {
			frame, used, err := s.cut()
			if frame != nil {
				n++
			}
			s.drop(used)
			if frame == nil && err == nil {
				break
			}
		}
	}
	return n
}
