package emrtd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

// FuzzAnswer gives the line answers that nobody sealed: none may be taken.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"990290008E08FA855A5D4C50A8ED9000", "9000", "6988",
		"8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
		"871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
		"85830FFFFF990290008E08AD55CC17140B2DED9000",
	} {
		f.Add(unhex(f, s), false)
		f.Add(unhex(f, s), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, odd bool) {
		if len(b) < 2 {
			return
		}
		s, err := newChannel(suite.AES128, []byte("secret"), nil)
		if err != nil {
			t.Fatal(err)
		}
		cmd := command{ins: 0xB0, le: 4}
		if odd {
			cmd.ins = 0xB1
		}
		if data, _, err := s.open(cmd, b); !errors.Is(err, ErrTampered) {
			t.Errorf("open = %X, %v; want it refused", data, err)
		}
	})
}

// fed is a card whose answers come from the fuzzer: each with a byte of length
// before it.
type fed struct{ b []byte }

func (k *fed) Exchange(context.Context, []byte) ([]byte, error) {
	if len(k.b) == 0 || len(k.b) < 1+int(k.b[0]) || k.b[0] < 2 {
		return nil, card.Visitor("card", "exchange", card.ErrLifted)
	}
	n := 1 + int(k.b[0])
	answer := bytes.Clone(k.b[1:n])
	k.b = k.b[n:]
	return answer, nil
}

func (k *fed) Reset(context.Context) error { return nil }
func (k *fed) Link() card.Link             { return card.Link{MaxAnswer: 256} }
func (k *fed) Close() error                { return nil }

func feed(answers ...[]byte) []byte {
	var b []byte
	for _, a := range answers {
		b = append(append(b, byte(len(a))), a...)
	}
	return b
}

// FuzzOpen lets a card answer what it likes, to the opening of the chip and, with
// BAC and PACE out of its reach, to a read: no panic, and every error has a reason.
func FuzzOpen(f *testing.F) {
	ok := []byte{0x90, 0x00}
	access := unhex(f, "31143012060A04007F0007020204020202010202010C9000") // AES-128 on P-256
	curve, err := suite.CurveByID(12)
	if err != nil {
		f.Fatal(err)
	}
	point := func(tag lds.Tag) []byte {
		return append(lds.Append(nil, 0x7C, lds.Append(nil, tag, curve.Encode(curve.Base()))), ok...)
	}
	f.Add(feed(ok, access, ok, unhex(f, "7C12801095A3A016522EE98D01E76CB6B98B42C39000"), point(0x82), point(0x84), unhex(f, "7C0A86083ABB9674BCE93C089000")))
	f.Add(feed([]byte{0x6A, 0x82}, []byte{0x6D, 0x00}, []byte{0x6A, 0x82}, ok, unhex(f, "4608F919887022129000"), make([]byte, 42)))
	f.Add(feed(ok, []byte{0x31, 0x61, 0x10}, []byte{0x61, 0x00}, []byte{0x01, 0x61, 0x00}, ok))
	f.Add(feed(ok, unhex(f, "31830FFFFF9000"), []byte{0x67, 0x00}, []byte{0x6C, 0x01}))
	f.Fuzz(func(t *testing.T, b []byte) {
		can, err := NewCAN("999999")
		if err != nil {
			t.Fatal(err)
		}
		zone := mrz(t, "090999999", "900131", "300131")
		chip, err := Open(t.Context(), &fed{b}, Options{Passwords: []*Password{can, zone}})
		if err == nil {
			t.Fatalf("%v by who does not know the password", chip)
		}
		known := false
		for _, r := range []error{devices.ErrVisitor, devices.ErrRefused, devices.ErrGarbled} {
			known = known || errors.Is(err, r)
		}
		if !known {
			t.Errorf("error without reason: %v", err)
		}
		// The same bytes as a file, without secure messaging.
		if file, err := newChip(&fed{b}, Options{}).Read(t.Context(), lds.DG1); err == nil && (len(file) > len(b)*256 || file[0] != 0x61) {
			t.Errorf("Read made %d bytes out of %d", len(file), len(b))
		}
	})
}

// FuzzRecovered gives the check of RSA signatures what was never signed.
func FuzzRecovered(f *testing.F) {
	n := new(big.Int).Lsh(big.NewInt(1), 1024)
	n.Sub(n, big.NewInt(159))
	f.Add(make([]byte, 128))
	f.Add(bytes.Repeat([]byte{0xBC}, 128))
	f.Add(append(append([]byte{0x6A}, make([]byte, 125)...), 0x34, 0xCC))
	f.Fuzz(func(t *testing.T, s []byte) {
		challenge := make([]byte, 8)
		_, _ = rand.Read(challenge)
		// With exponent one the signature is the block: only a hash can hold it off.
		if recovers(n, big.NewInt(1), challenge, s) {
			t.Errorf("%X is taken for a signature", s)
		}
	})
}
