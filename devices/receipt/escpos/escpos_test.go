package escpos_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/port"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
	"motcua/devices/receipt/receipttest"
)

// The cases in real time mostly wait for paper to move: let them wait side by side.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// profiles are all that there are, read once.
var profiles = sync.OnceValues(escpos.Profiles)

func model(t *testing.T, name string) escpos.Profile {
	t.Helper()
	all, err := profiles()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p escpos.Profile) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no profile of the model %q", name)
	}
	return all[i]
}

// onPipe puts a unit at the far end of a net.Pipe.
func onPipe(profile string, opts receiptsim.Options) func(t *testing.T) receipttest.Bench {
	return func(t *testing.T) receipttest.Bench {
		m := model(t, profile)
		opts.Width = m.Width
		ours, theirs := net.Pipe()
		unit := receiptsim.New(theirs, opts)
		p := escpos.New("printer", port.New("printer", ours), m)
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if err := unit.Close(); err != nil {
				t.Error(err)
			}
		})
		b := receipttest.Bench{Printer: p, Unit: unit, NearEnd: m.NearEnd, InTurn: opts.Sequential, Deaf: opts.Deaf}
		if opts.Presenter {
			b.Presenter = unit
		}
		return b
	}
}

func TestPrinter(t *testing.T) {
	for _, c := range []struct {
		name, model string
		opts        receiptsim.Options
	}{
		{"Epson", "epson-tm-t82", receiptsim.Options{}},
		{"Epson with a small buffer", "epson-tm-t88", receiptsim.Options{Buffer: 2048}},
		{"Epson with XON/XOFF", "epson-tm-t82", receiptsim.Options{XonXoff: true}},
		{"clone that answers in turn", "xprinter-n160", receiptsim.Options{Sequential: true}},
		{"unit without GS r, profile says it has", "xprinter-q200", receiptsim.Options{Bare: true, Healthy: 0x12}},
		{"Epson that answers a process id", "epson-tm-t88", receiptsim.Options{ProcessID: true}},
		{"Star in ESC/POS mode", "star-escpos", receiptsim.Options{Buffer: 2048}},
		{"kiosk printer", "custom-vkp80", receiptsim.Options{Presenter: true}},
		{"line that carries nothing back", "generic-80-deaf", receiptsim.Options{Deaf: true, Bare: true}},
		{"the same, and the profile expects answers", "epson-tm-t82", receiptsim.Options{Deaf: true, Bare: true}},
		{"unit of unknown make", "generic-80", receiptsim.Options{Bare: true, Healthy: 0x12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Speed = 150
			receipttest.InBubble(t, onPipe(c.model, c.opts))
		})
	}
}

// Pixels that look like a question are answered by units that obey real-time
// commands wherever they stand. Those answers are not ours: 0x16, "drawer pin
// high" to DLE EOT 1, would be an open cover to DLE EOT 2.
func TestPixelsThatLookLikeQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := onPipe("epson-tm-t82", receiptsim.Options{Speed: 150})(t)
		img := image.NewGray(image.Rect(0, 0, 576, 400))
		for i := range img.Pix {
			img.Pix[i] = 0xFF
		}
		for y := range 400 {
			for i, c := range []byte{0x80, 0x10, 0x04, 0x01, 0x10, 0x04, byte(1 + y%4), 0x01} {
				for x := range 8 {
					if c>>(7-x)&1 == 1 {
						img.Pix[y*img.Stride+8*(i+y%60)+x] = 0
					}
				}
			}
		}
		for range 3 {
			if err := b.Printer.Print(t.Context(), receipt.Slip{Page: img}); err != nil {
				t.Fatal(err)
			}
			if st, err := b.Printer.Status(t.Context()); err != nil || st != receipt.OK {
				t.Fatalf("Status = %v, %v; want ok", st, err)
			}
		}
		if n := len(b.Unit.Pieces()); n != 4 { // the first one parts what was there before
			t.Errorf("%d pieces, want 4", n)
		}
	})
}

// An earlier program ended with a GS r in the unit's buffer: the answer to it is
// not one to ours, and Print still returns when the slip is out.
func TestAnswerToAnEarlierProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := model(t, "xprinter-n160")
		ours, theirs := net.Pipe()
		unit := receiptsim.New(theirs, receiptsim.Options{Speed: m.Speed})
		defer unit.Close()
		// One metre of feeds, which take eight seconds, and the question.
		if _, err := ours.Write(append(bytes.Repeat([]byte{0x1B, 'J', 255}, 32), 0x1D, 'r', 1)); err != nil {
			t.Fatal(err)
		}
		p := escpos.New("printer", port.New("printer", ours), m)
		defer p.Close()
		img := image.NewGray(image.Rect(0, 0, 576, 900)) // all of it dark
		if err := p.Print(t.Context(), receipt.Slip{Page: img}); err != nil {
			t.Fatal(err)
		}
		out := 0
		for _, piece := range unit.Pieces() {
			if bytes.Count(piece.Image.Pix, []byte{0}) == 576*900 {
				out++
			}
		}
		if out != 1 {
			t.Errorf("Print returned and the slip is out %d times", out)
		}
	})
}

// A kiosk printer that is slower than its profile says has not printed before it says
// so: what then ended its paper would have been told to nobody.
func TestSlowPresenter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := onPipe("custom-vkp80", receiptsim.Options{Presenter: true, Speed: 8})(t)
		page := image.NewGray(image.Rect(0, 0, 576, 300)) // 37 mm, and 29 more to the cutter
		if err := b.Printer.Print(t.Context(), receipt.Slip{Page: page}); err != nil {
			t.Fatal(err)
		}
		if !b.Presenter.AtMouth() {
			t.Error("Print returned before the slip was at the mouth")
		}
	})
}

// A line at a wrong speed, or another unit, may send bytes without end: that is told
// and not waited for.
func TestTalksWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		p := escpos.New("printer", port.New("printer", ours), model(t, "epson-tm-t82"))
		var ended sync.WaitGroup
		ended.Go(func() { _, _ = io.Copy(io.Discard, theirs) })
		ended.Go(func() {
			for {
				if _, err := theirs.Write([]byte{0xFE, 0x00, 0x12}); err != nil {
					return
				}
				<-time.After(10 * time.Millisecond)
			}
		})
		defer ended.Wait()
		defer p.Close()
		began := time.Now()
		if st, err := p.Status(t.Context()); !errors.Is(err, devices.ErrGarbled) || st != receipt.Unknown {
			t.Errorf("Status = %v, %v; want a garbled answer", st, err)
		}
		if err := p.Print(t.Context(), receipt.Slip{Page: image.NewGray(image.Rect(0, 0, 8, 8))}); !errors.Is(err, devices.ErrGarbled) {
			t.Errorf("Print = %v; want a garbled answer", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v to say so", took)
		}
	})
}

// A unit that takes no bytes is silent after 3 s, not gone and not out of paper;
// its status is unknown, and Close still frees who waits.
func TestTakesNoBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		p := escpos.New("printer", port.New("printer", ours), model(t, "epson-tm-t82"))
		slip := receipt.Slip{Page: image.NewGray(image.Rect(0, 0, 576, 100))}
		began := time.Now()
		if err := p.Print(t.Context(), slip); !errors.Is(err, devices.ErrSilent) {
			t.Errorf("Print: %v, want no answer", err)
		}
		if took := time.Since(began); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("it took %v to find out", took)
		}
		if st, err := p.Status(t.Context()); st != receipt.Unknown || err != nil {
			t.Errorf("Status = %v, %v; want unknown", st, err)
		}
		done := make(chan error)
		go func() { done <- p.Print(t.Context(), slip) }()
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, devices.ErrClosed) {
			t.Errorf("Print while closing: %v, want closed", err)
		}
	})
}

// What a unit still held of a slip that failed is not printed on the new roll,
// where the model can empty its buffers and there is room to tell it so, which
// pacing sees to: the visitor gets one whole slip.
func TestHeldRestIsNotPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := onPipe("epson-tm-t82", receiptsim.Options{Speed: 150})(t)
		b.Printer.(*escpos.Printer).WithBaud(10_000_000) // as fast as the pipe, but paced
		img := image.NewGray(image.Rect(0, 0, 576, 900)) // all of it dark
		if err := b.Printer.Print(t.Context(), receipt.Slip{Page: img}); err != nil {
			t.Fatal(err)
		}
		b.Unit.EndAfter(417)
		if err := b.Printer.Print(t.Context(), receipt.Slip{Page: img}); !errors.Is(err, devices.ErrStaff) {
			t.Fatalf("Print: %v, want staff to act", err)
		}
		before := len(b.Unit.Pieces())
		b.Unit.LoadPaper(5000)
		if err := b.Printer.Print(t.Context(), receipt.Slip{Page: img}); err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, p := range b.Unit.Pieces()[before:] {
			if rows := bytes.Count(p.Image.Pix, []byte{0}) / 576; !p.Torn && rows != 900 {
				held += rows
			}
		}
		if held != 0 {
			t.Errorf("%d rows of the slip that failed came out on the new roll", held)
		}
	})
}

// The real road: a serial port under a stable name, in real time.
func TestPrinterOnPty(t *testing.T) {
	t.Parallel()
	receipttest.Run(t, func(t *testing.T) receipttest.Bench {
		link := filepath.Join(t.TempDir(), "printer")
		unit, err := receiptsim.Open(link, receiptsim.Options{Speed: 150})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unit.Close(); err != nil {
				t.Error(err)
			}
		})
		open := func() receipt.Printer {
			p, err := escpos.Open(t.Context(), escpos.Options{Unit: "printer", Port: link, Baud: 115200, Model: "epson-tm-t82"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() }) // some cases have lost the line by then
			return p
		}
		return receipttest.Bench{Printer: open(), Unit: unit, NearEnd: true, Again: func() receipt.Printer {
			if err := unit.Plug(); err != nil {
				t.Fatal(err)
			}
			return open()
		}}
	})
}

// On the network, in real time.
func TestPrinterOnNetwork(t *testing.T) {
	t.Parallel()
	receipttest.Run(t, func(t *testing.T) receipttest.Bench {
		unit, err := receiptsim.Listen("127.0.0.1:0", receiptsim.Options{Speed: 150, ProcessID: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unit.Close(); err != nil {
				t.Error(err)
			}
		})
		open := func() receipt.Printer {
			p, err := escpos.Open(t.Context(), escpos.Options{Unit: "printer", Port: "tcp://" + unit.Address(), Model: "epson-tm-t88"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() }) // some cases have lost the line by then
			return p
		}
		return receipttest.Bench{Printer: open(), Unit: unit, NearEnd: true, Again: func() receipt.Printer {
			if err := unit.Plug(); err != nil {
				t.Fatal(err)
			}
			return open()
		}}
	})
}
