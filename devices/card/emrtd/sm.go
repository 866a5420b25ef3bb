package emrtd

import (
	"crypto/cipher"
	"crypto/subtle"
	"fmt"

	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// channel is the terminal's end of secure messaging (9303-11, 9.8). It makes no
// garbage: its buffers are used for one command after the other.
type channel struct {
	suite suite.Cipher
	enc   cipher.Block
	mac   suite.MAC
	ssc   [16]byte // send sequence counter, in the last block's length of bytes
	iv    [16]byte
	out   []byte // the command
	parts []byte // its data objects
	coded []byte // what a code is made of
}

// newChannel takes the keys, which it does not keep, and the counter's first
// value; nil is zero.
func newChannel(c suite.Cipher, secret, count []byte) (*channel, error) {
	enc, code := c.Derive(secret, suite.ForEncryption), c.Derive(secret, suite.ForMAC)
	defer clear(enc)
	defer clear(code)
	s := &channel{suite: c}
	var err error
	if s.enc, err = c.Block(enc); err != nil {
		return nil, err
	}
	if s.mac, err = c.MAC(code); err != nil {
		return nil, err
	}
	copy(s.ssc[16-len(count):], count)
	return s, nil
}

func (s *channel) wipe() {
	clear(s.ssc[:])
	for _, b := range [][]byte{s.iv[:], s.out, s.parts, s.coded} {
		clear(b[:cap(b)])
	}
	s.enc, s.mac = nil, nil
}

// step moves the counter by one.
func (s *channel) step() {
	for i := len(s.ssc) - 1; i >= 16-s.suite.BlockSize(); i-- {
		if s.ssc[i]++; s.ssc[i] != 0 {
			return
		}
	}
}

func (s *channel) count() []byte { return s.ssc[16-s.suite.BlockSize():] }

// vector gives the initial vector: zero with 3DES, the encrypted counter with
// AES (9303-11, 9.8.6.1 and 9.8.7.1).
func (s *channel) vector() []byte {
	iv := s.iv[:s.suite.BlockSize()]
	clear(iv)
	if s.suite != suite.TDES {
		s.enc.Encrypt(iv, s.count())
	}
	return iv
}

// code makes the code of count || header || objects, each padded; the header is
// left out of answers.
func (s *channel) code(head, objects []byte) [8]byte {
	block := s.suite.BlockSize()
	s.coded = append(s.coded[:0], s.count()...)
	if len(head) > 0 {
		s.coded = suite.Pad(append(s.coded, head...), len(head), block)
	}
	if len(objects) > 0 {
		s.coded = suite.Pad(append(s.coded, objects...), len(objects), block)
	}
	s.mac.Reset()
	_, _ = s.mac.Write(s.coded)
	return s.mac.Code()
}

// seal protects a command; the result is good until the next.
func (s *channel) seal(c command) []byte {
	s.step()
	p := s.parts[:0]
	if n := len(c.data); n > 0 {
		block := s.suite.BlockSize()
		padded := n/block*block + block
		if c.odd() {
			p = appendHeader(p, 0x85, padded)
		} else {
			p = append(appendHeader(p, 0x87, padded+1), 0x01)
		}
		start := len(p)
		p = suite.Pad(append(p, c.data...), n, block)
		suite.Encrypt(s.enc, s.vector(), p[start:])
	}
	switch {
	case c.le > 256:
		p = append(p, 0x97, 2, byte(c.le>>8), byte(c.le))
	case c.le > 0:
		p = append(p, 0x97, 1, byte(c.le))
	}
	s.out = append(s.out[:0], c.cla|0x0C, c.ins, c.p1, c.p2)
	code := s.code(s.out, p)
	p = append(append(p, 0x8E, 8), code[:]...)
	s.parts = p
	le := 256
	if c.le > 256 {
		le = maxAnswer
	}
	s.out = command{cla: c.cla | 0x0C, ins: c.ins, p1: c.p1, p2: c.p2, data: p, le: le}.appendTo(s.out[:0])
	return s.out
}

// open checks an answer, decrypts it where it lies and gives its data and the
// protected status word. It fails with one of the errors below ErrTampered, and
// the channel must not be used any more then.
func (s *channel) open(c command, answer []byte) ([]byte, Status, error) {
	s.step()
	b, outer := split(answer)
	if len(b) == 0 {
		return nil, 0, fmt.Errorf("%w: bare status %04X", ErrDowngrade, uint16(outer))
	}
	a, err := parse(b, c.odd())
	if err != nil {
		return nil, 0, err
	}
	if want := s.code(nil, b[:a.covered]); subtle.ConstantTimeCompare(want[:], a.code) != 1 {
		if s.replayed(b[:a.covered], a.code) {
			return nil, 0, ErrReplay
		}
		return nil, 0, ErrWrongCode
	}
	if a.status != outer {
		return nil, 0, fmt.Errorf("%w: two different status words", ErrObjects)
	}
	if a.secret == nil {
		return nil, a.status, nil
	}
	block := s.suite.BlockSize()
	if len(a.secret)%block != 0 { // none at all has no padding
		return nil, 0, fmt.Errorf("%w: cryptogram is not whole blocks", ErrObjects)
	}
	suite.Decrypt(s.enc, s.vector(), a.secret)
	data, err := suite.Unpad(a.secret, block)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrObjects, err)
	}
	return data, a.status, nil
}

// memory is how many answers back a replay is known for what it is.
const memory = 64

// replayed tells whether the code fits an earlier counter. The counter is put
// back.
func (s *channel) replayed(covered, code []byte) bool {
	now := s.ssc
	defer func() { s.ssc = now }()
	for range memory {
		for range 2 {
			for i := len(s.ssc) - 1; i >= 16-s.suite.BlockSize(); i-- {
				if s.ssc[i]--; s.ssc[i] != 0xFF {
					break
				}
			}
		}
		if was := s.code(nil, covered); subtle.ConstantTimeCompare(was[:], code) == 1 {
			return true
		}
	}
	return false
}

// answer is a protected answer taken apart. The slices are parts of it.
type answer struct {
	secret  []byte // cryptogram; nil if there is none
	status  Status
	code    []byte
	covered int // how many bytes the code covers
}

// parse takes a protected answer apart: [87 or 85] 99 8E, and nothing else.
func parse(b []byte, odd bool) (a answer, err error) {
	rest := b
	for len(rest) > 0 {
		f, next, err := lds.Next(rest)
		tag, value := f.Tag, f.Value
		if err != nil {
			return a, fmt.Errorf("%w: after %d of %d bytes", ErrTruncated, len(b)-len(rest), len(b))
		}
		switch {
		case a.code != nil:
			return a, fmt.Errorf("%w: something behind the code", ErrObjects)
		case tag == 0x87 && !odd && a.secret == nil && a.status == 0:
			if len(value) < 1 || value[0] != 1 {
				return a, fmt.Errorf("%w: padding indicator", ErrObjects)
			}
			a.secret = value[1:]
		case tag == 0x85 && odd && a.secret == nil && a.status == 0:
			a.secret = value
		case tag == 0x99 && a.status == 0 && len(value) == 2 && value[0] != 0:
			a.status = Status(value[0])<<8 | Status(value[1])
		case tag == 0x8E && len(value) == 8:
			if a.status == 0 {
				return a, ErrNoStatus
			}
			a.code, a.covered = value, len(b)-len(rest)
		default:
			return a, fmt.Errorf("%w: object %02X of %d bytes", ErrObjects, tag, len(value))
		}
		rest = next
	}
	if a.code == nil {
		if a.status == 0 {
			return a, ErrTruncated
		}
		return a, ErrNoCode
	}
	return a, nil
}

// appendHeader begins a data object of which the value follows.
func appendHeader(b []byte, tag byte, length int) []byte {
	switch {
	case length < 0x80:
		return append(b, tag, byte(length))
	case length <= 0xFF:
		return append(b, tag, 0x81, byte(length))
	}
	return append(b, tag, 0x82, byte(length>>8), byte(length))
}
