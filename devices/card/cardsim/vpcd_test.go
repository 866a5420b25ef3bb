package cardsim

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
)

// serve gives the reader's end of a line to a chip, and what Serve returned.
func serve(ctx context.Context, t *testing.T, prepare func(*Chip)) (net.Conn, chan error) {
	t.Helper()
	l, err := NewLocks(Plan{BAC: true})
	if err != nil {
		t.Fatal(err)
	}
	who, files := Specimen(100)
	c, err := New(l, who, files, Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	prepare(c)
	ours, theirs := net.Pipe()
	result := make(chan error, 1)
	go func() { result <- Serve(ctx, theirs, c) }()
	return ours, result
}

func ask(t *testing.T, conn net.Conn, message string) []byte {
	t.Helper()
	b, _ := hex.DecodeString(message)
	if err := writeFrame(conn, b); err != nil {
		t.Fatal(err)
	}
	answer, err := readFrame(conn)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

const selectApp = "00A4040C07A0000002471001"

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, result := serve(t.Context(), t, func(c *Chip) { c.Fail(3, Slow(3*time.Second)) })
		if atr := ask(t, conn, "04"); len(atr) == 0 || atr[0] != 0x3B {
			t.Errorf("ATR = %X", atr)
		}
		if err := writeFrame(conn, []byte{powerOn}); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, conn, selectApp); !bytes.Equal(got, []byte{0x90, 0x00}) {
			t.Errorf("select application = %X", got)
		}
		if got := ask(t, conn, "0084000008"); len(got) != 10 {
			t.Errorf("get challenge = %X", got)
		}
		start := time.Now()
		if got := ask(t, conn, "00A4000C023F00"); !bytes.Equal(got, []byte{0x6D, 0x00}) || time.Since(start) != 3*time.Second {
			t.Errorf("select master file = %X after %v; want 6D00 after 3s", got, time.Since(start))
		}
		for _, control := range []byte{powerOff, powerOn, reset} {
			if err := writeFrame(conn, []byte{control}); err != nil {
				t.Fatal(err)
			}
		}
		if got := ask(t, conn, "0084000008"); !bytes.Equal(got, []byte{0x69, 0x85}) {
			t.Errorf("get challenge after a reset = %X; want 6985", got)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-result; err != nil {
			t.Errorf("Serve = %v; want nil when the reader hangs up", err)
		}
	})
}

func TestServeEnds(t *testing.T) {
	apdu, _ := hex.DecodeString(selectApp)
	tests := []struct {
		name    string
		prepare func(*Chip)
		message []byte
		want    error
	}{
		{"lost", func(c *Chip) { c.Fail(1, Lost) }, apdu, card.ErrLifted},
		{"silent, then cancelled", func(c *Chip) { c.Fail(1, Silent) }, apdu, context.DeadlineExceeded},
		{"slow, then cancelled", func(c *Chip) { c.Fail(1, Slow(time.Hour)) }, apdu, context.DeadlineExceeded},
		{"cancelled", func(*Chip) {}, nil, context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				conn, result := serve(ctx, t, tt.prepare)
				if tt.message != nil {
					if err := writeFrame(conn, tt.message); err != nil {
						t.Fatal(err)
					}
				}
				if err := <-result; !errors.Is(err, tt.want) {
					t.Errorf("Serve = %v; want %v", err, tt.want)
				}
				if _, err := readFrame(conn); err == nil {
					t.Error("the line is still open")
				}
			})
		})
	}
}

func TestServeUnknownControl(t *testing.T) {
	conn, result := serve(t.Context(), t, func(*Chip) {})
	if err := writeFrame(conn, []byte{0x77}); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err == nil {
		t.Error("Serve took a control that there is not")
	}
}

// FuzzChip gives a chip commands that nobody sends: no panic, and two bytes of
// status at least.
func FuzzChip(f *testing.F) {
	l, err := NewLocks(Plan{PACE: Ways()[1:2], BAC: true, Chip: Ways()[1], ActiveCurve: Ways()[1].Curve.Curve})
	if err != nil {
		f.Fatal(err)
	}
	who, files := Specimen(300)
	for _, s := range []string{selectApp, "0084000008", "00A4020C02011C", "00B0000000", "0022C1A412800A04007F0007020204020283010184010C", "10860000027C0000", "00B10000045402000008", "00B00000000400", "0CB000000D9701048E08ED6705417E96BA5500"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, apdu []byte) {
		c, err := New(l, who, files, Quirks{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // before the application is selected, and after
			if got := c.Answer(apdu); len(got.Answer) < 2 {
				t.Errorf("answers %X to %X", got.Answer, apdu)
			}
			first, _ := hex.DecodeString(selectApp)
			c.Answer(first)
		}
	})
}
