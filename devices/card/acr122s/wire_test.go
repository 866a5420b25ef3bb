package acr122s

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/acr122s/acr122ssim"
	"motcua/devices/card/cardsim"
	"motcua/devices/port/porttest"
)

var selectApplication = []byte{0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}

// questions have answers that differ, so that one is not taken for another.
var questions = []struct {
	command []byte
	long    int
	end     []byte
}{
	{[]byte{0x00, 0x84, 0x00, 0x00, 0x08}, 10, []byte{0x90, 0x00}},
	{[]byte{0x00, 0xFE, 0x00, 0x00}, 2, []byte{0x6D, 0x00}},
	{selectApplication, 2, []byte{0x90, 0x00}},
}

// gentle faults cost nothing: all that was sent arrives.
var gentle = map[string]bool{
	"negative status": true, "status lost": true, "noise before": true, "stale answer before": true,
	"answer twice": true, "byte by byte": true, "torn in two": true,
}

// Each fault of the wire strikes at each of ten exchanges and at the looks between
// them: all answers come, each the one to its command, and the chip saw every
// command once.
func TestWireFaults(t *testing.T) {
	for _, f := range acr122ssim.Faults() {
		t.Run(f.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d, _ := inMemory(t, acr122ssim.Options{})
				c := newChip(t)
				d.Lay(c)
				k := tapped(t, r)
				if b, err := k.Exchange(t.Context(), selectApplication); err != nil || string(b) != "\x90\x00" {
					t.Fatalf("select = %X, %v", b, err)
				}
				for n := range 10 {
					q := questions[n%len(questions)]
					sent, start := c.Sent(), time.Now()
					d.Spoil(0, f)
					if b, err := k.Exchange(t.Context(), q.command); err != nil || len(b) != q.long || !bytes.HasSuffix(b, q.end) {
						t.Errorf("exchange %d: %X, %v; want %d bytes with %X at the end", n, b, err, q.long, q.end)
					}
					if took := time.Since(start); gentle[f.String()] && took > gap {
						t.Errorf("exchange %d: took %v, as if it had been lost", n, took)
					}
					if got := c.Sent() - sent; got != 1 {
						t.Errorf("exchange %d: the chip saw it %d times", n, got)
					}
					d.Spoil(0, f)
					// Five looks, and it is not given up in the middle of one: that would
					// cost the next exchange its time.
					ctx, cancel := context.WithTimeout(t.Context(), 5*pause+37*time.Millisecond)
					if e, err := r.Wait(ctx); err != context.DeadlineExceeded {
						t.Errorf("Wait = %v, %v; want nothing", e, err)
					}
					cancel()
				}
			})
		})
	}
}

// The wire breaks on the way to each event, too.
func TestWireFaultsBetweenCards(t *testing.T) {
	for _, f := range acr122ssim.Faults() {
		t.Run(f.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d, _ := inMemory(t, acr122ssim.Options{})
				for n := range 6 {
					d.Spoil(n, f)
					d.Lay(newChip(t))
					k := tapped(t, r)
					if b, err := k.Exchange(t.Context(), selectApplication); err != nil || string(b) != "\x90\x00" {
						t.Fatalf("select = %X, %v", b, err)
					}
					d.Spoil(n, f)
					d.Lift()
					if e, err := r.Wait(t.Context()); err != nil {
						t.Fatalf("Wait = %v", err)
					} else if _, ok := e.(card.Lifted); !ok {
						t.Fatalf("Wait = %v; want lifted", e)
					}
				}
			})
		})
	}
}

// A reader that lost its power knows nothing any more: it is to be opened again,
// wherever that struck it.
func TestRestartedReaderIsGone(t *testing.T) {
	for n := range 8 {
		synctest.Test(t, func(t *testing.T) {
			r, d, _ := inMemory(t, acr122ssim.Options{})
			d.Lay(newChip(t))
			k := tapped(t, r)
			d.Spoil(n, acr122ssim.Restarted)
			var err error
			for end := time.Now().Add(30 * time.Second); err == nil && time.Now().Before(end); {
				_, err = k.Exchange(t.Context(), selectApplication)
			}
			if !errors.Is(err, devices.ErrGone) && !errors.Is(err, devices.ErrSilent) {
				t.Errorf("Exchange = %v; want that the reader is gone or silent", err)
			}
			var named *devices.Error
			for range 3 {
				if _, err = r.Wait(t.Context()); err != nil {
					break
				}
			}
			if !errors.Is(err, devices.ErrGone) || !errors.As(err, &named) || named.Unit != "card" {
				t.Errorf("Wait = %v; want that the reader is gone", err)
			}
		})
	}
}

// A reader whose cable to the line was pulled says nothing, and the line does not
// tell. It is missed within two seconds.
func TestMutedReaderIsGone(t *testing.T) {
	for _, baud := range []int{slow, fast} {
		synctest.Test(t, func(t *testing.T) {
			at := fast
			r, _, _ := inMemory(t, acr122ssim.Options{Fast: true, Speed: func() int { return at }})
			r.wire.baud = baud
			at = 0
			start := time.Now()
			_, err := r.Wait(t.Context())
			if took := time.Since(start); !errors.Is(err, devices.ErrGone) || took > 2*time.Second {
				t.Errorf("at %d baud: Wait = %v after %v; want that it is gone, within 2 s", baud, err, took)
			}
		})
	}
}

// Extended commands are refused and do the chip no harm; the longest short one is
// carried in two pieces.
func TestLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := inMemory(t, acr122ssim.Options{})
		c := newChip(t)
		d.Lay(c)
		k := tapped(t, r)
		for _, command := range [][]byte{
			{0x00, 0xB0, 0x81, 0x00, 0x00, 0x02, 0x00},
			append([]byte{0x00, 0x86, 0x00, 0x00, 0x00, 0x01, 0x00}, make([]byte, 300)...),
			make([]byte, 262),
		} {
			if _, err := k.Exchange(t.Context(), command); !errors.Is(err, devices.ErrRefused) || !strings.Contains(err.Error(), "short") {
				t.Errorf("%d bytes: %v; want that it is refused", len(command), err)
			}
		}
		if c.Sent() != 0 {
			t.Errorf("the chip saw %d commands", c.Sent())
		}
		long := append([]byte{0x00, 0xDD, 0x00, 0x00, 0xFF}, make([]byte, 255)...)
		if b, err := k.Exchange(t.Context(), append(long, 0)); err != nil || string(b) != "\x6D\x00" {
			t.Errorf("longest command = %X, %v; want 6D00", b, err)
		}
		atr := []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC0, 0x21, 0x00, 0x16}
		if k.Link().MaxAnswer != 256 || !bytes.Equal(k.Link().ATR, atr) {
			t.Errorf("Link = %v; want short answers and %X", k.Link(), atr)
		}
	})
}

// A card for the bus is told, and is no card that can be asked.
func TestPlainCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := inMemory(t, acr122ssim.Options{})
		d.LayPlain(true)
		k := tapped(t, r)
		if _, err := k.Exchange(t.Context(), selectApplication); !errors.Is(err, devices.ErrVisitor) {
			t.Errorf("Exchange = %v; want that the visitor must act", err)
		}
		d.LayPlain(false)
		if e, err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		} else if _, ok := e.(card.Lifted); !ok {
			t.Errorf("Wait = %v; want lifted", e)
		}
	})
}

// A card whose reading is done is not woken, and one beside it is told.
func TestClosedCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := inMemory(t, acr122ssim.Options{Calm: true})
		c := newChip(t)
		d.Lay(c)
		k := tapped(t, r)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if e, err := r.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("Wait = %v, %v; want nothing", e, err)
		}
		d.Lay(newChip(t))
		if e, err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		} else if _, ok := e.(card.Crowded); !ok {
			t.Errorf("Wait = %v; want two cards", e)
		}
	})
}

// A lifted card is told within half a second, at either speed of the line.
func TestLiftedSoon(t *testing.T) {
	for _, reading := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r, d, _ := inMemory(t, acr122ssim.Options{})
			c := newChip(t)
			d.Lay(c)
			k := tapped(t, r)
			if reading {
				c.Fail(1, cardsim.Lost)
				if _, err := k.Exchange(t.Context(), selectApplication); !errors.Is(err, card.ErrLifted) {
					t.Fatalf("Exchange = %v", err)
				}
			} else {
				d.Lift()
			}
			start := time.Now()
			if e, err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			} else if _, ok := e.(card.Lifted); !ok || time.Since(start) > 500*time.Millisecond {
				t.Errorf("Wait = %v after %v; want lifted within 500ms", e, time.Since(start))
			}
		})
	}
}

// The exchanges of the manual, byte for byte (V2.02, 4.1 and 5.4).
func TestManual(t *testing.T) {
	tests := []struct {
		name       string
		kind, seq  byte
		data, want string
	}{
		{"activate the SAM", powerOn, 1, "", "\x02\x62\x00\x00\x00\x00\x00\x01\x00\x00\x00\x63\x03"},
		{"get challenge", transfer, 1, "\xFF\x00\x00\x00\x08\xD4\x40\x01\x00\x84\x00\x00\x08",
			"\x02\x6F\x0D\x00\x00\x00\x00\x01\x00\x00\x00\xFF\x00\x00\x00\x08\xD4\x40\x01\x00\x84\x00\x00\x08\x8D\x03"},
	}
	for _, tt := range tests {
		got := appendFrame(nil, stx, etx, tt.kind, tt.seq, []byte(tt.data))
		if string(got) != tt.want {
			t.Errorf("%s: % X; want % X", tt.name, got, tt.want)
		}
	}
	answer := "\x02\x80\x0F\x00\x00\x00\x00\x01\x01\x00\x00\xD5\x41\x00\x62\x89\x99\xED\xC0\x57\x69\x2B\x90\x00\x90\x00"
	answer += string([]byte{sum([]byte(answer[1:])), etx})
	f, n, what := decode([]byte("\x02\x00\x00\x03" + answer))
	if what != whole || f.kind != 0 || f.status != taken || n != 4 {
		t.Fatalf("decode = %+v, %d, %v; want the status", f, n, what)
	}
	f, n, what = decode([]byte(answer))
	if what != whole || n != len(answer) || f.kind != dataBlock || f.seq != 1 || len(f.data) != 15 || f.late() || f.failed() {
		t.Errorf("decode = %+v, %d, %v", f, n, what)
	}
}

// What is broken is told from what is not there yet, and from noise.
func TestDecode(t *testing.T) {
	good := appendFrame(nil, stx, etx, dataBlock, 7, []byte("answer"))
	bent := func(i int, to byte) []byte { b := bytes.Clone(good); b[(i+len(b))%len(b)] = to; return b }
	tests := []struct {
		name string
		wire []byte
		want find
		used int
	}{
		{"whole", good, whole, len(good)},
		{"behind noise", append([]byte{0x02, 0x55, 0x02}, good...), whole, len(good) + 3},
		{"a byte of data is another", bent(12, 'x'), broken, len(good)},
		{"the checksum is another", bent(-2, 0), broken, len(good)},
		{"the end is another", bent(-1, 0x83), broken, len(good)},
		{"all but the end", good[:len(good)-1], nothing, 0},
		{"a length that cannot be", bent(5, 0x7F), nothing, len(good)},
		{"a type that cannot be", bent(1, 0x62), nothing, len(good)},
		{"half a status", []byte{0x02, 0xFF}, nothing, 0},
		{"a status that contradicts itself", []byte{0x02, 0xFF, 0x00, 0x03}, nothing, 4},
	}
	for _, tt := range tests {
		if f, n, what := decode(tt.wire); what != tt.want || n != tt.used || what == whole && (f.seq != 7 || string(f.data) != "answer") {
			t.Errorf("%s: decode = %+v, %d, %v; want %d, %v", tt.name, f, n, what, tt.used, tt.want)
		}
	}
}

// A script of bytes: what the reader says, whatever it is, ends in an error or an
// answer, and never in waiting without end.
func TestNonsense(t *testing.T) {
	for _, says := range []string{
		"", "\x02", strings.Repeat("\x02\x00\x00\x03", 9), strings.Repeat("\x02\xFF\xFF\x03", 9),
		"\x02\x80\xFF\xFF\xFF\xFF", strings.Repeat("x", 5000), "\x02\x80\x00\x00\x00\x00\x00\x07\x00\x00\x00\x87\x03",
	} {
		synctest.Test(t, func(t *testing.T) {
			line, far := porttest.Pipe("card")
			defer far.Close()
			heard := make(chan struct{}, 100)
			go func() {
				defer close(heard)
				for b := make([]byte, 512); ; heard <- struct{}{} {
					if _, err := far.Read(b); err != nil {
						return
					}
				}
			}()
			go func() {
				for range heard {
					_, _ = far.Write([]byte(says))
				}
			}()
			r := newReader("card", line, fast)
			defer r.Close()
			start := time.Now()
			err := r.greet(t.Context())
			if !errors.Is(err, devices.ErrSilent) && !errors.Is(err, devices.ErrGarbled) {
				t.Errorf("%.8q: %v", says, err)
			}
			if took := time.Since(start); took > 2*patience {
				t.Errorf("%.8q: took %v", says, took)
			}
		})
	}
}

// FuzzDecode holds that noise before a frame costs nothing, that nothing is read
// twice, and that what is decoded was sent.
func FuzzDecode(f *testing.F) {
	wires, err := filepath.Glob("testdata/*.wire")
	if err != nil || len(wires) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range wires {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := b
		for {
			got, n, what := decode(rest)
			if n < 0 || n > len(rest) || what != nothing && n == 0 {
				t.Fatalf("decode used %d of %d bytes", n, len(rest))
			}
			if what == whole && got.kind != 0 {
				again := append([]byte{stx, got.kind, byte(len(got.data)), byte(len(got.data) >> 8)}, rest[n-len(got.data)-2-7:n]...)
				if second, m, what := decode(again); what != whole || m != len(again) || !bytes.Equal(second.data, got.data) {
					t.Fatalf("decode(% X) = %+v, %d, %v", again, second, m, what)
				}
			}
			rest = rest[n:]
			if what == nothing {
				break
			}
		}
		if len(rest) > 1+header+longest+2 {
			t.Fatalf("%d bytes are kept for more to come", len(rest))
		}
	})
}

// FuzzTargets holds that no answer of the PN532 is read past its end.
func FuzzTargets(f *testing.F) {
	f.Add([]byte{1, 0x00, 0x04, 0x20, 4, 8, 1, 2, 3, 10, 0x78, 0x80, 0x70, 0x02, 0x80, 0x73, 0xC0, 0x21, 0x00})
	f.Add([]byte{1, 0x50, 0, 1, 0x32, 0xF4, 0, 0, 0, 0, 0x33, 0x81, 0x81, 1, 0x21})
	f.Add([]byte{1, 0x00, 0x04, 0x08, 4, 0xDE, 0xAD, 0xBE, 0xEF})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func([]byte) (target, bool){typeA, typeB} {
			got, ok := read(b)
			if !ok {
				continue
			}
			if n := len(got.atr); n < 5 || n > 20 || got.atr[0] != 0x3B || int(got.atr[1]&0x0F) != n-5 || sum(got.atr[1:]) != 0 {
				t.Fatalf("ATR % X", got.atr)
			}
		}
	})
}
