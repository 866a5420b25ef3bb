package cardsim_test

import (
	"crypto/elliptic"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
)

// A whole reading, opening and active authentication with it, takes at most 1.15
// times what the link needs for the files and the signature alone: each byte of
// them, under secure messaging, in the fewest short answers. Time is virtual and
// counts the link only: ten bits a byte and 3 ms an exchange.
func TestReadingKeepsUpWithTheLink(t *testing.T) {
	const each = 3 * time.Millisecond
	l, err := cardsim.NewLocks(cardsim.Plan{PACE: cardsim.Ways()[1:2], BAC: true, ActiveCurve: elliptic.P256()})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(15_000)
	can, err := emrtd.NewCAN(who.CAN)
	if err != nil {
		t.Fatal(err)
	}
	for _, bits := range []int{106_000, 424_000, 848_000} {
		t.Run(fmt.Sprintf("%d kbit", bits/1000), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := cardsim.NewReader("card")
				defer r.Close()
				c, err := cardsim.New(l, who, files, cardsim.Quirks{})
				if err != nil {
					t.Fatal(err)
				}
				r.Lay(c)
				e, err := r.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				r.Speed(bits, each)
				onLink := func(n int) time.Duration { return time.Duration(n) * 10 * time.Second / time.Duration(bits) }
				start, least := time.Now(), time.Duration(0)
				chip, err := emrtd.Open(t.Context(), e.(card.Tapped).Card, emrtd.Options{Passwords: []*emrtd.Password{can}})
				if err != nil {
					t.Fatal(err)
				}
				opened := time.Since(start)
				for _, f := range []lds.File{lds.SOD, lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15} {
					b, err := chip.Read(t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					for left := len(b); left > 0; left -= 0xDF {
						// Command of 19 bytes; answer padded, with 20 around it.
						least += each + onLink(19+min(left, 0xDF)/16*16+16+20)
					}
				}
				security, err := lds.ReadDG14(c.File(lds.DG14))
				if err != nil {
					t.Fatal(err)
				}
				key, err := lds.ReadDG15(c.File(lds.DG15))
				if err != nil {
					t.Fatal(err)
				}
				if err := chip.AuthenticateActive(t.Context(), key, security); err != nil {
					t.Fatal(err)
				}
				least += each + onLink(38+80+20)
				took := time.Since(start)
				ratio := took.Seconds() / least.Seconds()
				t.Logf("took %v, opening %v of it; the files alone need %v: %.3f times; %d exchanges", took, opened, least, ratio, c.Sent())
				if ratio > 1.15 {
					t.Errorf("took %v, %.3f times the least; want at most 1.15", took, ratio)
				}
			})
		})
	}
}
