package pcsc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listed builds what a daemon says of a reader.
func listed(name string, bits uint32, atr []byte) []byte {
	b := make([]byte, stateSize)
	copy(b, name)
	words.PutUint32(b[nameSize:], 7)
	words.PutUint32(b[nameSize+4:], bits)
	copy(b[nameSize+12:], atr)
	words.PutUint32(b[nameSize+12+atrSize+3:], uint32(len(atr)))
	return b
}

// list fills a list of readers up.
func list(states ...[]byte) []byte {
	b := bytes.Join(states, nil)
	return append(b, make([]byte, statesSize-len(b))...)
}

func TestDecodeStates(t *testing.T) {
	t.Parallel()
	lying := listed("ACS ACR1252 00 00", 0x34, []byte{0x3B, 0x80})
	starting := listed("ACS ACR1252 00 01", 0x34, make([]byte, atrSize+1-1))
	words.PutUint32(starting[nameSize+12+atrSize+3:], atrSize+1)
	got, err := decodeStates(list(make([]byte, stateSize), lying, starting, listed("", 0xFFFF, nil)))
	if err != nil || len(got) != 2 {
		t.Fatalf("decodeStates = %v, %v; want two readers", got, err)
	}
	if s := got[0]; s.name != "ACS ACR1252 00 00" || s.counter != 7 || !s.present() || s.mute() || s.stuck() || !bytes.Equal(s.atr, []byte{0x3B, 0x80}) {
		t.Errorf("a reader with a card = %+v", s)
	}
	if s := got[1]; s.present() || len(s.atr) != 0 {
		t.Errorf("a reader that is being started = %+v; want no card", s)
	}
	for name, b := range map[string][]byte{
		"short":        list(lying)[1:],
		"endless name": list(listed(strings.Repeat("x", nameSize), 2, nil)),
		"no text":      list(listed("\xFF\xFE", 2, nil)),
		"bits":         list(listed("x", 0x80, nil)),
		"long reset":   list(listed("x", 0x34, make([]byte, atrSize+2))),
	} {
		if got, err := decodeStates(b); !errors.Is(err, errState) {
			t.Errorf("%s: %v, %v; want an error", name, got, err)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	dual := []string{"OMNIKEY 5422 [Smartcard Reader] 00 00", "OMNIKEY 5422CL [Contactless Reader] 01 00"}
	acs := []string{"ACS ACR1281 1S Dual Reader SAM 00 00", "ACS ACR1281 1S Dual Reader ICC 01 00", "ACS ACR1281 1S Dual Reader PICC 02 00"}
	tests := []struct {
		names  []string
		reader string
		want   string
	}{
		{dual, "", dual[1]},
		{acs, "", acs[2]},
		{acs, "icc 01", acs[1]},
		{acs[:2], "", acs[1]},
		{append(acs[:3:3], dual...), "omnikey", dual[1]},
		{[]string{"Alcor A 00 00", "Alcor B 01 00"}, "", "Alcor A 00 00"},
		{acs, "gemalto", ""},
	}
	for _, tt := range tests {
		var all []state
		for _, n := range tt.names {
			all = append(all, state{name: n})
		}
		s, err := choose(all, Options{Reader: tt.reader})
		if s.name != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("choose(%q, %q) = %q, %v; want %q", tt.names, tt.reader, s.name, err, tt.want)
		}
	}
	if _, err := choose([]state{{name: "x", bits: stateUnknown}}, Options{}); !errors.Is(err, ErrStuck) {
		t.Errorf("choose of a reader that cannot be reached = %v", err)
	}
}

func TestUnreached(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]error{syscall.EACCES: ErrDenied, syscall.ENOENT: ErrNoDaemon, syscall.ECONNREFUSED: ErrNoDaemon, syscall.EAGAIN: ErrHung} {
		err := unreached(context.Background(), &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)})
		if !errors.Is(err, want) {
			t.Errorf("%v = %v; want %v", errno, err, want)
		}
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	b := []byte{0x06, 1, 9, 0x12, 2, 1, 2, 0x0A, 0}
	if got, err := tag(b, 0x12); err != nil || !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("tag = %X, %v", got, err)
	}
	if got, err := tag(b, 0x13); err != nil || got != nil {
		t.Errorf("a tag that is not there = %X, %v", got, err)
	}
	for cut := range b {
		if _, err := tag(b[:cut], 0x77); cut != 0 && cut != 3 && cut != 7 && !errors.Is(err, errTags) {
			t.Errorf("a list cut at %d = %v; want an error", cut, err)
		}
	}
}

// TestHearKeepsHalf ends a context in the middle of an answer: who asks again gets
// all of it.
func TestHearKeepsHalf(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	l := &line{conn: ours}
	defer l.close(nil)
	defer theirs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { _, _ = theirs.Write([]byte("half")); cancel() }()
	if _, err := l.hear(ctx, 8); err != context.Canceled {
		t.Fatalf("hear = %v; want the context's own error, bare", err)
	}
	go func() { _, _ = theirs.Write([]byte("more")) }()
	if b, err := l.hear(t.Context(), 8); err != nil || string(b) != "halfmore" {
		t.Errorf("hear = %q, %v", b, err)
	}
}

// FuzzStates decodes what no daemon says: no panic, and only readers that can be.
func FuzzStates(f *testing.F) {
	f.Add(list(listed("ACS ACR1252 00 00", 0x34, []byte{0x3B, 0x80})))
	f.Add(list(listed("ACS", 0x0C, nil), make([]byte, stateSize), listed("Gemalto", 0x01, make([]byte, atrSize))))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := decodeStates(b)
		for _, s := range all {
			if err != nil || s.name == "" || len(s.atr) > atrSize {
				t.Errorf("%+v, %v", s, err)
			}
		}
	})
}

// FuzzTags decodes lists of features.
func FuzzTags(f *testing.F) {
	f.Add([]byte{0x06, 4, 0x42, 0, 0x0D, 0x48, 0x12, 4, 0x42, 0x33, 0, 0x12}, byte(0x12))
	f.Fuzz(func(t *testing.T, b []byte, want byte) {
		if v, err := tag(b, want); len(v) > 255 || err != nil && v != nil {
			t.Errorf("tag = %X, %v", v, err)
		}
	})
}

// FuzzLine has a daemon say anything at all, and then hang up, to who looks at its
// readers and to who exchanges: an end in time, no panic, nothing long kept.
func FuzzLine(f *testing.F) {
	answer := message(0, 1, 2, 16, 5, 2, 16, 2, 0)[8:]
	f.Add(append(list(listed("ACS", 0x34, nil)), 0, 0, 0, 0, 0, 0, 0, 0), true)
	f.Add(append(answer, 0x90, 0), false)
	f.Add(message(0, 1, 2, 16, 5, 2, 16, 1<<31, 0)[8:], false)
	f.Fuzz(func(t *testing.T, says []byte, watching bool) {
		ours, theirs := net.Pipe()
		l := &line{conn: ours}
		defer l.close(nil)
		go func() {
			defer theirs.Close()
			go func() { _, _ = theirs.Write(says); _ = theirs.Close() }()
			for b := make([]byte, 64); ; {
				if _, err := theirs.Read(b); err != nil {
					return
				}
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var err error
		if watching {
			for w := (&watch{bell: l}); err == nil; {
				_, err = w.next(ctx)
			}
		} else {
			h := &held{reader: &Reader{unit: "chip", limits: limits{exchange: time.Second}}, line: l}
			h.owed = sayTransmit
			for err == nil {
				_, err = h.answer(ctx)
				h.owed = sayTransmit
				var v verdict
				if errors.As(err, &v) {
					err = nil
				}
			}
		}
		if ctx.Err() != nil {
			t.Fatal("it does not end")
		}
		if cap(l.got) > 4*(transmitSize+longest) {
			t.Errorf("%d bytes are kept after %v", cap(l.got), err)
		}
		_ = fmt.Sprint(err)
	})
}
