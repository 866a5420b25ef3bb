package card

import (
	"encoding/hex"
	"testing"
)

func TestExtended(t *testing.T) {
	tests := []struct {
		name, atr string
		want      bool
	}{
		{"nothing", "", false},
		{"no historical bytes", "3B8080010", false},
		{"contactless, says yes", "3B8580018073C02140B7", true},
		{"contactless, says no", "3B8580018073C02100F7", false},
		{"after another object", "3B878001803101738421405A", true},
		{"three bytes of status at the end", "3B88800100738421400590009A", true},
		{"proprietary", "3B8580010173C021407B", false},
		{"object runs over the end", "3B82800180734D", false},
		{"cut off", "3B8F8001", false},
		{"interface bytes cut off", "3BF0", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			atr, _ := hex.DecodeString(tt.atr)
			if got := Extended(atr); got != tt.want {
				t.Errorf("Extended(%s) = %v; want %v", tt.atr, got, tt.want)
			}
		})
	}
}

func FuzzExtended(f *testing.F) {
	f.Add([]byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC0, 0x21, 0x40, 0x56})
	f.Add([]byte{0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, atr []byte) {
		if Extended(atr) && len(atr) < 7 {
			t.Errorf("%X is too short to say anything", atr)
		}
	})
}
