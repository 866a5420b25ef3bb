package cardsim_test

import (
	"bytes"
	"testing"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
)

// Long answers are asked for only when reader and card both say that they can.
func TestExtendedOnlyWhenBothCan(t *testing.T) {
	yes := []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC0, 0x21, 0x40, 0x56}
	l, err := cardsim.NewLocks(cardsim.Plan{BAC: true, ActiveRSA: 2048})
	if err != nil {
		t.Fatal(err)
	}
	who, files := cardsim.Specimen(70_000)
	zone, err := emrtd.NewMRZ(who.MRZ)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		reader int
		quirks cardsim.Quirks
		long   bool
	}{
		{"both", 65536, cardsim.Quirks{ATR: yes}, true},
		{"card only", 256, cardsim.Quirks{ATR: yes}, false},
		{"reader only", 65536, cardsim.Quirks{}, false},
		{"reader carries little more", 261, cardsim.Quirks{ATR: yes}, false},
		{"both, and the card goes back on it", 65536, cardsim.Quirks{ATR: yes, MaxLe: 0xDF}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := cardsim.NewReader("card")
			defer r.Close()
			r.Extended(tt.reader)
			c, err := cardsim.New(l, who, files, tt.quirks)
			if err != nil {
				t.Fatal(err)
			}
			r.Lay(c)
			event, err := r.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			chip, err := emrtd.Open(t.Context(), event.(card.Tapped).Card, emrtd.Options{Passwords: []*emrtd.Password{zone}})
			if err != nil {
				t.Fatal(err)
			}
			defer chip.Close()
			b, err := chip.Read(t.Context(), lds.DG2)
			if err != nil || !bytes.Equal(b, c.File(lds.DG2)) {
				t.Fatalf("Read = %d bytes, %v", len(b), err)
			}
			key, err := lds.ReadDG15(c.File(lds.DG15))
			if err != nil {
				t.Fatal(err)
			}
			if err := chip.AuthenticateActive(t.Context(), key, lds.Security{}); err != nil {
				t.Error(err)
			}
			if long := c.Sent() < 50; long != tt.long {
				t.Errorf("%d exchanges for 70 kB; long answers wanted: %v", c.Sent(), tt.long)
			}
		})
	}
}
