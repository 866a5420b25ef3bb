package serial_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/barcode/barcodetest"
	"motcua/devices/barcode/serial"
	"motcua/devices/port/porttest"
)

func TestScannerInMemory(t *testing.T) {
	barcodetest.RunInBubble(t, func(t *testing.T) barcodetest.Bench {
		line, far := porttest.Pipe("scanner")
		t.Cleanup(func() { _ = far.Close() })
		send := func(s string) { _, _ = far.Write([]byte(s)) }
		return barcodetest.Bench{
			Scanner: serial.New(line, serial.Options{Unit: "scanner"}),
			Unit:    "scanner",
			Scan:    func(content string) { send(content + "\r") },
			Half: func(content string) func() {
				send(content[:40])
				return func() { send(content[40:] + "\r") }
			},
			Flood:  func() { send(string(bytes.Repeat([]byte("x"), 20_000)) + "\r") },
			Repeat: serial.DefaultRepeat,
			Unplug: func() { _ = far.Close() },
		}
	})
}

func TestScannerOnPty(t *testing.T) {
	barcodetest.Run(t, func(t *testing.T) barcodetest.Bench {
		sim, link := plugIn(t)
		// The pauses are long, so that a busy machine does not make one.
		o := serial.Options{Unit: "scanner", Path: link, Gap: 5 * time.Second, Repeat: time.Second}
		scanner, err := serial.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		scan := func(content, suffix string) {
			if err := sim.Scan([]byte(content), suffix); err != nil {
				t.Errorf("Scan = %v", err)
			}
		}
		return barcodetest.Bench{
			Scanner: scanner,
			Unit:    "scanner",
			Scan:    func(content string) { scan(content, "\r\n") },
			Half: func(content string) func() {
				scan(content[:40], "")
				return func() { scan(content[40:], "\r\n") }
			},
			Flood:  func() { _ = sim.Garbage(20_000); scan("", "\r\n") },
			Repeat: o.Repeat,
			Unplug: func() { _ = sim.Unplug() },
		}
	})
}

func plugIn(t *testing.T) (*barcodesim.Scanner, string) {
	t.Helper()
	link := filepath.Join(t.TempDir(), "usb-Scanner-if00")
	sim, err := barcodesim.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim, link
}

// The unit is pulled out in the middle of a code and put back.
func TestReplug(t *testing.T) {
	sim, link := plugIn(t)
	o := serial.Options{Unit: "scanner", Path: link}
	for round := range 3 {
		scanner, err := serial.Open(t.Context(), o)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !sim.InUse() {
			t.Error("InUse() = false with the line open")
		}
		if err := sim.Scan([]byte(barcodetest.Card), "\r"); err != nil {
			t.Fatal(err)
		}
		if code, err := scanner.Next(t.Context()); err != nil || code.Text != barcodetest.Card {
			t.Fatalf("round %d: Next = %q, %v", round, code.Text, err)
		}
		if err := sim.Scan([]byte("0010909"), ""); err != nil {
			t.Fatal(err)
		}
		pulled := time.Now()
		if err := sim.Unplug(); err != nil {
			t.Fatal(err)
		}
		for { // the half may come as a code, by the pause
			if _, err = scanner.Next(t.Context()); err != nil {
				break
			}
		}
		if !errors.Is(err, devices.ErrGone) {
			t.Fatalf("round %d: Next = %v; want ErrGone", round, err)
		}
		if noticed := time.Since(pulled); noticed > 2*time.Second {
			t.Errorf("unplugging was noticed after %v; the bar is 2 s", noticed)
		}
		_ = scanner.Close()
		if _, err := serial.Open(t.Context(), o); !errors.Is(err, devices.ErrGone) {
			t.Errorf("Open of an unplugged scanner = %v; want ErrGone", err)
		}
		if err := sim.Scan(nil, "\r"); !errors.Is(err, barcodesim.ErrUnplugged) {
			t.Errorf("Scan with an unplugged scanner = %v", err)
		}
		if err := sim.Plug(); err != nil {
			t.Fatal(err)
		}
		if sim.InUse() || !sim.Plugged() {
			t.Errorf("after Plug: InUse() = %t, Plugged() = %t", sim.InUse(), sim.Plugged())
		}
	}
}

func TestSlowUnit(t *testing.T) {
	sim, link := plugIn(t)
	sim.Slow(7, time.Millisecond)
	scanner, err := serial.Open(t.Context(), serial.Options{Unit: "scanner", Path: link, Gap: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer scanner.Close()
	sent := make(chan error, 1)
	go func() { sent <- sim.Scan([]byte(barcodetest.Card), "\n") }()
	if code, err := scanner.Next(t.Context()); err != nil || code.Text != barcodetest.Card {
		t.Errorf("Next = %q, %v", code.Text, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// sent is what a unit sends, after a pause.
type sent struct {
	after time.Duration
	bytes string
}

func TestFraming(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		sent []sent
		want []string
	}{
		{"CR", []sent{{0, "A\rB\r"}}, []string{"A", "B"}},
		{"LF", []sent{{0, "A\nB\n"}}, []string{"A", "B"}},
		{"CRLF", []sent{{0, "A\r\nB\r\n"}}, []string{"A", "B"}},
		{"CRLF cut in two", []sent{{0, "A\r"}, {500 * ms, "\nB\r"}, {0, "\n"}}, []string{"A", "B"}},
		{"pause", []sent{{0, "A"}, {100 * ms, "B"}}, []string{"A", "B"}},
		{"short pause is none", []sent{{0, "A"}, {70 * ms, "B"}, {70 * ms, "C"}}, []string{"ABC"}},
		{"empty lines", []sent{{0, "\r\n\r\n\rA\r\n\n"}}, []string{"A"}},
		{"control characters around", []sent{{0, "\x02A\x03\r"}, {0, "\x02\x03\r"}, {0, "B\x00\r"}}, []string{"A", "B"}},
		{"held under the unit", []sent{{0, "A\r"}, {ms * 1900, "A\r"}, {ms * 1900, "A\r"}, {0, "B\r"}}, []string{"A", "B"}},
		{"and shown again", []sent{{0, "A\r"}, {2100 * ms, "A\r"}}, []string{"A", "A"}},
		{"another between", []sent{{0, "A\rB\rA\r"}}, []string{"A", "B", "A"}},
		{"same text, sent otherwise", []sent{{0, "A\r"}, {0, "]Q1A\r"}, {0, "B\r"}}, []string{"A", "B"}},
		{"longest code", []sent{{0, long(serial.MaxFrame) + "\r"}, {0, "B\r"}}, []string{long(serial.MaxFrame), "B"}},
		{"too long", []sent{{0, long(serial.MaxFrame+1) + "\r"}, {0, "B\r"}}, []string{"garbled", "B"}},
		{"endless, then a pause", []sent{{0, long(100_000)}, {100 * ms, "B\r"}}, []string{"garbled", "B"}},
		{"endless twice", []sent{{0, long(9000) + "\r" + long(9000) + "\r"}, {0, "B\r"}}, []string{"garbled", "garbled", "B"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line, far := porttest.Pipe("scanner")
				scanner := serial.New(line, serial.Options{Unit: "scanner"})
				go func() {
					for _, s := range tt.sent {
						<-time.After(s.after)
						_, _ = far.Write([]byte(s.bytes))
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var got []string
				for {
					code, err := scanner.Next(ctx)
					if errors.Is(err, devices.ErrGarbled) {
						got = append(got, "garbled")
						continue
					}
					if err == context.DeadlineExceeded {
						break // nothing more comes
					}
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, code.Text)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("codes (-want +got):\n%s", d)
				}
				_ = scanner.Close()
				_ = far.Close()
			})
		})
	}
}

func long(n int) string { return string(bytes.Repeat([]byte("x"), n)) }

// Without a gap, only CR or LF ends a code, and every sighting can count.
func TestOptionsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, far := porttest.Pipe("scanner")
		defer far.Close()
		scanner := serial.New(line, serial.Options{Unit: "scanner", Gap: -1, Repeat: -1})
		defer scanner.Close()
		go func() {
			for _, s := range []string{"A", "B\r", "AB\r"} {
				_, _ = far.Write([]byte(s))
				<-time.After(time.Second)
			}
		}()
		for range 2 {
			if code, err := scanner.Next(t.Context()); err != nil || code.Text != "AB" {
				t.Errorf("Next = %q, %v; want AB", code.Text, err)
			}
		}
		synctest.Wait()
		<-time.After(2 * time.Second)
	})
}
