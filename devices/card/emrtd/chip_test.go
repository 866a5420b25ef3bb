package emrtd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"motcua/devices"
	"motcua/devices/card/lds"
)

func TestPasswordsPrintRedacted(t *testing.T) {
	can, err := NewCAN("123789")
	if err != nil {
		t.Fatal(err)
	}
	zone := mrz(t, "090999999", "900131", "300131")
	for _, p := range []*Password{can, zone} {
		asJSON, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", p)
		text := fmt.Sprintf("%v %+v %#v %s %q %x %d %s %s", p, p, *p, p, p, *p, *p, asJSON, log.String())
		if !strings.Contains(text, "redacted") {
			t.Errorf("want it to say redacted: %s", text)
		}
		for _, secret := range []string{"123789", "090999999", "900131", fmt.Sprintf("%x", p.secret), fmt.Sprint(p.secret)} {
			if strings.Contains(text, secret) {
				t.Errorf("shows %s: %s", secret, text)
			}
		}
	}
}

func TestPasswordsOfTheWrongForm(t *testing.T) {
	for _, can := range []lds.Secret{"", "12345", "1234567", "12345a", "１23456"} {
		if _, err := NewCAN(can); !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "2345") {
			t.Errorf("NewCAN of %d bytes = %v", len(can), err)
		}
	}
	for _, key := range []lds.Secret{"", "0909999995", lds.MRZKey("09099999a", "900131", "300131"), lds.MRZKey("09099999\n", "900131", "300131")} {
		if _, err := NewMRZ(key); !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "0909") {
			t.Errorf("NewMRZ of %d bytes = %v", len(key), err)
		}
	}
}

func TestWipedPasswordOpensNothing(t *testing.T) {
	p := mrz(t, "090999999", "900131", "300131")
	secret := p.secret
	p.Wipe()
	p.Wipe()
	if !bytes.Equal(secret, make([]byte, len(secret))) {
		t.Error("the secret is still there")
	}
	s := &script{t: t, lines: [][2]string{
		{"00A4020C02011C", "6A82"}, {"00A4000C023F00", "6D00"}, {"00A4020C02011C", "6A82"}, {"00A4040C07A0000002471001", "9000"},
	}}
	if _, err := Open(t.Context(), s, Options{Passwords: []*Password{p}}); !errors.Is(err, ErrAsk) {
		t.Errorf("Open = %v; want ErrAsk", err)
	}
	s.done()
}

// A context that ends stops everything, and its error is bare.
func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, &cancelled{}, Options{}); err != context.Canceled {
		t.Errorf("Open = %v; want the context's own error", err)
	}
}

type cancelled struct{ tape }

func (*cancelled) Exchange(ctx context.Context, _ []byte) ([]byte, error) { return nil, ctx.Err() }

// Without randomness nothing is sent that would need it.
func TestNoRandomness(t *testing.T) {
	s := &script{t: t, lines: [][2]string{{"0084000008", "4608F919887022129000"}}}
	err := s.chip("00").bac(t.Context(), mrz(t, "090999999", "900131", "300131"))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("bac = %v; want it to say that there is no randomness", err)
	}
	s.done()
}

// A file that names more than it has, or more than is sound, fails by name and
// costs no memory.
func TestLyingHeaders(t *testing.T) {
	tests := []struct {
		name, first string
		want        error
	}{
		{"one mebibyte and one", "6183100000", ErrMalformed},
		{"four bytes of length", "6184FFFFFFFF", ErrMalformed},
		{"length without end", "6180", ErrMalformed},
		{"another tag", "7502AAAA", ErrMalformed},
		{"empty", "", ErrMalformed},
		{"ends early", "61820200AA", ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{t: t, lines: [][2]string{{"00B08100DF", tt.first + "9000"}}}
			if tt.want == ErrTruncated {
				s.lines = append(s.lines, [2]string{"00B00005DF", "9000"})
			}
			if _, err := s.chip("").Read(t.Context(), lds.DG1); !errors.Is(err, tt.want) || !errors.Is(err, devices.ErrGarbled) {
				t.Errorf("Read = %v; want %v", err, tt.want)
			}
			s.done()
		})
	}
}

// The status words lead to errors that say who must act.
func TestStatusError(t *testing.T) {
	for status, want := range map[Status]error{0x6A82: ErrAbsent, 0x6982: ErrForbidden, 0x6F00: devices.ErrRefused, 0x63C2: devices.ErrRefused} {
		err := check("read DG3", status)
		if !errors.Is(err, want) || !errors.Is(err, devices.ErrRefused) || !strings.Contains(err.Error(), fmt.Sprintf("%04X", uint16(status))) {
			t.Errorf("%04X = %v; want %v", uint16(status), err, want)
		}
	}
}

// An answer in pieces without end is given up.
func TestEndlessPieces(t *testing.T) {
	c := newChip(&endless{}, Options{})
	if _, _, err := c.send(t.Context(), command{ins: 0x84, le: 8}); !errors.Is(err, ErrMalformed) {
		t.Errorf("send = %v; want ErrMalformed", err)
	}
}

type endless struct{ tape }

func (*endless) Exchange(context.Context, []byte) ([]byte, error) {
	return append(make([]byte, 256), 0x61, 0x00), nil
}

// However a chip is printed, its keys and buffers are not.
func TestChipPrintsNoKeys(t *testing.T) {
	c := (&script{t: t}).chip("")
	c.sm, _ = appendixD(t)
	c.method = BAC
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "chip", c)
	for _, text := range []string{fmt.Sprintf("%v", c), fmt.Sprintf("%+v", *c), fmt.Sprintf("%#v", c), fmt.Sprintf("%x", *c), fmt.Sprintf("%d", c)} {
		if text != "chip opened by BAC" {
			t.Errorf("prints %q", text)
		}
	}
	if !strings.Contains(log.String(), `chip="chip opened by BAC"`) {
		t.Errorf("logs %s", log.String())
	}
}

// A chip that has no way of PACE in common with us, and no BAC to try, says so.
func TestUnsupported(t *testing.T) {
	for name, access := range map[string]string{
		"P-521":                 "31143012060A04007F00070202040202020102020112",
		"integrated mapping":    "31143012060A04007F0007020204040202010202010D",
		"classic groups":        "31143012060A04007F00070202040102020102020100",
		"version 1":             "31143012060A04007F0007020204020202010102010D",
		"parameters of its own": "3111300F060A04007F00070202040202020102",
	} {
		s := &script{t: t, lines: [][2]string{{"00A4020C02011C", "9000"}, {"00B00000DF", access + "9000"}, {"00A4040C07A0000002471001", "9000"}}}
		can, err := NewCAN("123789")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), s, Options{Passwords: []*Password{can}}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: Open = %v; want ErrUnsupported", name, err)
		}
		s.done()
	}
}

// What the chip says of its own locks is either right or the end: to go on with
// BAC would let whoever garbles it choose the weaker lock.
func TestGarbledCardAccess(t *testing.T) {
	for name, access := range map[string]string{
		"no set": "300390009000", "no sequence": "31030201019000", "cut off": "31143012060A04009000", "empty": "9000",
	} {
		s := &script{t: t, lines: [][2]string{{"00A4020C02011C", "9000"}, {"00B00000DF", access}}}
		if name == "cut off" {
			s.lines = append(s.lines, [2]string{"00B000080E", "9000"})
		}
		zone := mrz(t, "090999999", "900131", "300131")
		if _, err := Open(t.Context(), s, Options{Passwords: []*Password{zone}}); !errors.Is(err, devices.ErrGarbled) {
			t.Errorf("%s: Open = %v; want that it is garbled", name, err)
		}
		s.done()
	}
}

// What the chip said in the clear must be what was signed, both ways; only a DG14
// that is silent about PACE takes nothing away.
func TestCheckAccess(t *testing.T) {
	aes := lds.PACE{Protocol: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, Version: 2, Parameter: 13}
	weak := lds.PACE{Protocol: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 1}, Version: 2, Parameter: 13}
	for _, tt := range []struct {
		name          string
		said, signed  []lds.PACE
		wantDowngrade bool
	}{
		{"the same", []lds.PACE{aes}, []lds.PACE{aes}, false},
		{"neither", nil, nil, false},
		{"taken out", nil, []lds.PACE{aes}, true},
		{"weaker put in", []lds.PACE{weak, aes}, []lds.PACE{aes}, true},
		{"weaker instead", []lds.PACE{weak}, []lds.PACE{aes}, true},
		{"strongest taken out", []lds.PACE{weak}, []lds.PACE{aes, weak}, true},
		{"not signed at all", []lds.PACE{aes}, nil, false},
	} {
		c := &Chip{offered: lds.Security{PACE: tt.said}}
		err := c.CheckAccess(lds.Security{PACE: tt.signed})
		if got := errors.Is(err, ErrDowngrade); got != tt.wantDowngrade || !got && err != nil {
			t.Errorf("%s: CheckAccess = %v; want ErrDowngrade: %v", tt.name, err, tt.wantDowngrade)
		}
	}
}

// A chip that gives more than was asked for does not make a file longer than its
// header says.
func TestMoreThanAsked(t *testing.T) {
	s := &script{t: t, lines: [][2]string{{"00B08100DF", "610402AA9000"}, {"00B0000402", "BBBBBB9000"}}}
	if b, err := s.chip("").Read(t.Context(), lds.DG1); !errors.Is(err, ErrTampered) {
		t.Errorf("Read = %d bytes, %v; want it refused", len(b), err)
	}
	s.done()
}
