package emrtd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"motcua/devices/card"
	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// appendixD gives the line of 9303-11, appendix D.4, after its first command.
func appendixD(t testing.TB) (*channel, command) {
	t.Helper()
	// K.IFD xor K.IC, of which the session keys grow.
	s, err := newChannel(suite.TDES, unhex(t, "0036D272F5C350ACAC50C3F572D23600"), unhex(t, "887022120C06C226"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := command{op: "select EF.COM", ins: 0xA4, p1: 0x02, p2: 0x0C, data: []byte{0x01, 0x1E}}
	if got := s.seal(cmd); !bytes.Equal(got, unhex(t, "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800")) {
		t.Fatalf("seal = %X", got)
	}
	return s, cmd
}

// Each way of breaking an answer has its name, and nothing broken is taken.
func TestBrokenAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		want         error
	}{
		{"whole", "990290008E08FA855A5D4C50A8ED9000", nil},
		{"status alone", "9000", ErrDowngrade},
		{"error alone", "6988", ErrDowngrade},
		{"no code", "990290009000", ErrNoCode},
		{"no status", "8E08FA855A5D4C50A8ED9000", ErrNoStatus},
		{"other code", "990290008E08FA855A5D4C50A8EC9000", ErrWrongCode},
		{"short code", "990290008E07FA855A5D4C50A89000", ErrObjects},
		{"cut in the code", "990290008E08FA855A5D9000", ErrTruncated},
		{"cut in the status", "99029000", ErrTruncated},
		{"other status inside", "990263008E08FA855A5D4C50A8ED9000", ErrWrongCode},
		{"other status outside", "990290008E08FA855A5D4C50A8ED6A82", ErrObjects},
		{"status of one byte", "9901908E08FA855A5D4C50A8ED9000", ErrObjects},
		{"status twice", "990290009902" + "90008E08FA855A5D4C50A8ED9000", ErrObjects},
		{"code twice", "990290008E08FA855A5D4C50A8ED8E08FA855A5D4C50A8ED9000", ErrObjects},
		{"cryptogram twice", "87090100000000000000008709010000000000000000990290008E08FA855A5D4C50A8ED9000", ErrObjects},
		{"something behind", "990290008E08FA855A5D4C50A8ED99029000" + "9000", ErrObjects},
		{"plain data", "8101FF990290008E08FA855A5D4C50A8ED9000", ErrObjects},
		{"cryptogram of the other form", "8508000000000000000099029000" + "8E08FA855A5D4C50A8ED9000", ErrObjects},
		{"cryptogram without indicator", "870099029000" + "8E08FA855A5D4C50A8ED9000", ErrObjects},
		{"cryptogram that nobody sealed", "8709010000000000000000" + "990290008E08FA855A5D4C50A8ED9000", ErrWrongCode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, cmd := appendixD(t)
			data, status, err := s.open(cmd, unhex(t, tt.answer))
			if tt.want == nil {
				if err != nil || status != statusOK || len(data) != 0 {
					t.Errorf("open = %X, %04X, %v", data, status, err)
				}
				return
			}
			if !errors.Is(err, tt.want) || !errors.Is(err, ErrTampered) || data != nil {
				t.Errorf("open = %X, %v; want %v", data, err, tt.want)
			}
		})
	}
}

// An answer of before is told from one that was only broken.
func TestReplay(t *testing.T) {
	s, cmd := appendixD(t)
	answer := unhex(t, "990290008E08FA855A5D4C50A8ED9000")
	if _, _, err := s.open(cmd, bytes.Clone(answer)); err != nil {
		t.Fatal(err)
	}
	s.seal(cmd)
	now := s.ssc
	if _, _, err := s.open(cmd, answer); !errors.Is(err, ErrReplay) {
		t.Errorf("open = %v; want ErrReplay", err)
	}
	if now[15]+1 != s.ssc[15] {
		t.Error("looking for a replay moved the counter")
	}
}

// After the first broken answer the chip is sent nothing more, and holds no key.
func TestBrokenLineStaysBroken(t *testing.T) {
	s, _ := appendixD(t)
	lines := &script{t: t, lines: [][2]string{{"0CB000000D9701048E08BF0B93E2D1B0F29700", "9000"}}}
	c := lines.chip("")
	c.sm = s
	lines.lines[0][0] = fmt.Sprintf("%X", func() []byte {
		twin, _ := appendixD(t)
		return bytes.Clone(twin.seal(command{ins: 0xB0, le: 4}))
	}())
	_, _, err := c.send(t.Context(), command{op: "read", ins: 0xB0, le: 4})
	if !errors.Is(err, ErrDowngrade) {
		t.Fatalf("send = %v; want ErrDowngrade", err)
	}
	if _, err := c.Read(t.Context(), lds.DG1); !errors.Is(err, ErrDowngrade) {
		t.Errorf("Read = %v; want the same error again", err)
	}
	if c.sm != nil || s.enc != nil || s.mac != nil || !bytes.Equal(s.ssc[:], make([]byte, 16)) || bytes.ContainsFunc(s.out[:cap(s.out)], func(r rune) bool { return r != 0 }) {
		t.Error("keys or buffers are not wiped")
	}
}

// tape is a chip that answers reads of a file. It makes its answers beforehand,
// so that only the terminal's work is measured.
type tape struct {
	answers [][]byte
	buffer  []byte
	at      int
	before  func() // each exchange; nil = nothing
	fail    error  // of the exchanges from now on
}

func (k *tape) Exchange(context.Context, []byte) ([]byte, error) {
	if k.before != nil {
		k.before()
	}
	if k.fail != nil {
		return nil, k.fail
	}
	b := k.buffer[:copy(k.buffer, k.answers[k.at])]
	k.at++
	return b, nil
}

func (k *tape) Reset(context.Context) error { return nil }
func (k *tape) Link() card.Link             { return card.Link{MaxAnswer: 256} }
func (k *tape) Close() error                { return nil }

// record makes the answers to reading a file of n bytes.
func record(t testing.TB, cipher suite.Cipher, n int) (*tape, []byte) {
	t.Helper()
	s, err := newChannel(cipher, []byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	file := lds.Append(nil, lds.DG2.Tag(), bytes.Repeat([]byte{0xA5}, n))
	k := &tape{buffer: make([]byte, 512)}
	for offset := 0; offset < len(file); {
		s.step() // the command's
		s.step()
		odd := offset >= 0x8000
		piece := file[offset:min(len(file), offset+firstChunk)]
		plain := piece
		var answer []byte
		if odd {
			piece = piece[:min(len(piece), firstChunk-3)]
			plain = lds.Append(nil, 0x53, piece)
		}
		secret := suite.Pad(bytes.Clone(plain), len(plain), cipher.BlockSize())
		suite.Encrypt(s.enc, s.vector(), secret)
		if odd {
			answer = lds.Append(nil, 0x85, secret)
		} else {
			answer = lds.Append(nil, 0x87, append([]byte{1}, secret...))
		}
		answer = lds.Append(answer, 0x99, []byte{0x90, 0x00})
		code := s.code(nil, answer)
		k.answers = append(k.answers, append(lds.Append(answer, 0x8E, code[:]), 0x90, 0x00))
		offset += len(piece)
	}
	return k, file
}

func (k *tape) open(t testing.TB, cipher suite.Cipher) *Chip {
	t.Helper()
	c := newChip(k, Options{})
	var err error
	if c.sm, err = newChannel(cipher, []byte("secret"), nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// No more than two allocations an APDU, of 100 kB by secure messaging.
func TestReadMakesLittleGarbage(t *testing.T) {
	for _, cipher := range suite.Ciphers() {
		k, file := record(t, cipher, 100_000)
		c := k.open(t, cipher)
		got := testing.AllocsPerRun(3, func() {
			k.at, c.sm.ssc = 0, [16]byte{}
			b, err := c.Read(t.Context(), lds.DG2)
			if err != nil || !bytes.Equal(b, file) {
				t.Fatalf("%v: Read = %d bytes, %v", cipher, len(b), err)
			}
		})
		if each := got / float64(len(k.answers)); each > 2 {
			t.Errorf("%v: %.2f allocations an APDU; want at most 2", cipher, each)
		} else {
			t.Logf("%v: %.2f allocations an APDU, %d APDUs", cipher, each, len(k.answers))
		}
	}
}

func BenchmarkRead100kB(b *testing.B) {
	for _, cipher := range suite.Ciphers() {
		b.Run(cipher.String(), func(b *testing.B) {
			k, file := record(b, cipher, 100_000)
			c := k.open(b, cipher)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				k.at, c.sm.ssc = 0, [16]byte{}
				if _, err := c.Read(b.Context(), lds.DG2); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(k.answers)), "APDUs/op")
		})
	}
}

// What was decrypted lies in the driver's memory: nothing of it is left there
// once the chip is closed, nor while the next answer is awaited.
func TestDriversMemoryIsWiped(t *testing.T) {
	k, _ := record(t, suite.AES128, 1000)
	c := k.open(t, suite.AES128)
	k.before = func() {
		if len(bytes.Trim(k.buffer, "\x00")) > 0 {
			t.Errorf("exchange %d: the answer before it is still there", k.at+1)
		}
	}
	if _, err := c.Read(t.Context(), lds.DG2); err != nil {
		t.Fatal(err)
	}
	c.Close()
	k.before()
}

// After an exchange that failed the memory is the driver's, which may hold the
// beginning of an answer there that is still to come.
func TestDriversMemoryIsLeftAlone(t *testing.T) {
	k, _ := record(t, suite.AES128, 1000)
	c := k.open(t, suite.AES128)
	k.before = func() {
		if k.at == 2 {
			k.fail = errors.New("no answer yet")
			copy(k.buffer, "half of it")
		}
	}
	if _, err := c.Read(t.Context(), lds.DG2); !errors.Is(err, k.fail) {
		t.Fatalf("Read = %v", err)
	}
	c.Close()
	if !bytes.HasPrefix(k.buffer, []byte("half of it")) {
		t.Error("what came since was written over")
	}
}

// A command whose answer was lost leaves the two counters apart: the line is over,
// whatever the card would say next, and the keys are gone.
func TestLostAnswerEndsTheLine(t *testing.T) {
	k, _ := record(t, suite.AES128, 1000)
	c := k.open(t, suite.AES128)
	k.fail = errors.New("no answer")
	if _, err := c.Read(t.Context(), lds.DG2); !errors.Is(err, k.fail) {
		t.Fatalf("Read = %v", err)
	}
	lost := k.fail
	k.fail, k.before = nil, func() { t.Error("something was sent on a line that is over") }
	if _, err := c.Read(t.Context(), lds.DG2); !errors.Is(err, lost) || c.sm != nil {
		t.Errorf("Read = %v, keys kept: %v; want the error that ended it", err, c.sm != nil)
	}
}
