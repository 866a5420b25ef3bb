package walk

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"motcua/kiosk/typing"
)

// press types text on the kiosk's own keyboard.
func press(mode typing.Mode, text string) string {
	t := typing.New(mode, 0)
	for _, key := range Keys(text) {
		t = t.Press(strings.TrimPrefix(key, "key:"))
	}
	return t.Value()
}

func TestKeysWriteVietnamese(t *testing.T) {
	for _, text := range []string{
		"NGUYỄN MINH AN", "TRẦN THỊ VÍ DỤ", "ĐẶNG ĐƯỜNG THƯỞNG", "PHẠM QUÝ HOÀNG", "LƯU GIÀ", "NGUYỄN THÚY QUỲNH", "0912345678",
	} {
		if got := press(typing.Capitals, text); got != text {
			t.Errorf("keys of %q write %q", text, got)
		}
	}
	if got, want := press(typing.Words, "Bệnh viện Bạch Mai"), "Bệnh Viện Bạch Mai"; got != want {
		t.Errorf("words: %q, want %q", got, want)
	}
}

func TestKeysOfASCIIWriteIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[BCDGHKLMNPQRSTVX0-9]{1,12}( [BCDGHKLMNPQRSTVX0-9]{1,8}){0,3}`).Draw(t, "text")
		if got := press(typing.Capitals, text); got != text {
			t.Errorf("keys of %q write %q", text, got)
		}
	})
}
