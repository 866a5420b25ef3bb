package hid

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"motcua/devices/barcode/barcodetest"
)

func with(report []byte, at int, value byte) []byte {
	report = slices.Clone(report)
	report[at] = value
	return report
}

func TestPOS(t *testing.T) {
	a, card := posReports("]Q1", "A"), posReports("]Q1", barcodetest.Card)
	long := posReports("]Q1", strings.Repeat("x", MaxCode+posMost))
	tests := []struct {
		name    string
		reports [][]byte
		want    []string
	}{
		{"one report", a, []string{"A"}},
		{"continued", card, []string{barcodetest.Card}},
		{"full to the last byte", posReports("]Q1", strings.Repeat("y", 2*posMost)), []string{strings.Repeat("y", 2*posMost)}},
		{"the whole of the room", posReports("]Q1", strings.Repeat("y", MaxCode)), []string{strings.Repeat("y", MaxCode)}},
		{"empty", posReports("]Q1", ""), nil},
		{"other bits of the flags", [][]byte{with(a[0], 63, 0xfe)}, []string{"A"}},
		{"an empty part in the middle", [][]byte{card[0], with(card[0], 1, 0), card[1]}, []string{barcodetest.Card}},
		{"reports of another id between", [][]byte{card[0], {5, 1, 2}, {9}, card[1]}, []string{barcodetest.Card}},
		{"rest of another symbology", [][]byte{card[0], posReports("]C0", "123")[0]}, []string{"! " + errHalf.Error(), "123"}},
		{"past the limit", append(long, a...), []string{"! " + errTooLong.Error(), "A"}},
		{"past the limit, then another symbology", append(slices.Clone(long[:len(long)-1]), posReports("]C0", "123")...), []string{"! " + errTooLong.Error(), "123"}},
		{"length past the report", [][]byte{with(a[0], 1, posMost+1), a[0]}, []string{"! " + errShape.Error(), "A"}},
		{"short report in a code", [][]byte{card[0], a[0][:63], a[0]}, []string{"! " + errShape.Error(), "A"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &posDecoder{}
			if diff := cmp.Diff(tt.want, decoded(d, tt.reports...)); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			if d.open() {
				t.Error("a code is still under way")
			}
		})
	}
}

func TestKeys(t *testing.T) {
	const (
		a, b, c, up = 0x04, 0x05, 0x06, 0
	)
	tests := []struct {
		name    string
		reports [][]byte
		want    []string
	}{
		{"letters", append(keyReports("aB1!"), enter()...), []string{"aB1!"}},
		{"right Shift", [][]byte{keysDown(0x20, a), keysDown(0, keyEnter)}, []string{"A"}},
		{"Tab ends", [][]byte{keysDown(0, a), keysDown(0, keyTab)}, []string{"a"}},
		{"the keypad's Enter ends", [][]byte{keysDown(0, a), keysDown(0, padEnter)}, []string{"a"}},
		{"digits of the keypad", [][]byte{keysDown(0, pad1), keysDown(0, pad0), keysDown(0, keyEnter)}, []string{"10"}},
		{"the same key twice", [][]byte{keysDown(0, a), keysDown(0), keysDown(0, a), keysDown(0, keyEnter)}, []string{"aa"}},
		{"a held key counts once", [][]byte{keysDown(0, a), keysDown(0, a), keysDown(0, a, b), keysDown(0, b), keysDown(0, keyEnter)}, []string{"ab"}},
		{"no key-up between", [][]byte{keysDown(0, a), keysDown(0, b), keysDown(0, a), keysDown(0, keyEnter)}, []string{"aba"}},
		{"several at once", [][]byte{keysDown(0, a, b, c), keysDown(0, keyEnter)}, []string{"abc"}},
		{"end and beginning at once", [][]byte{keysDown(0, a), keysDown(0, a, keyEnter, b), keysDown(0), keysDown(0, keyTab)}, []string{"a", "b"}},
		{"too many keys to tell", [][]byte{keysDown(0, a), keysDown(0, 1, 1, 1, 1, 1, 1), keysDown(0, a, b), keysDown(0, keyEnter)}, []string{"ab"}},
		{"Enter alone", append(enter(), enter()...), nil},
		{"keys without a character", [][]byte{keysDown(0, 0x39), keysDown(0, 0x3a), keysDown(0, 0x53), keysDown(0, 0x50), keysDown(0, a), keysDown(0, keyEnter)}, []string{"a"}},
		{"group separator", [][]byte{keysDown(0, a), keysDown(0x01, 0x30), keysDown(0, b), keysDown(0, keyEnter)}, []string{"a\x1db"}},
		{"shortcuts type nothing", [][]byte{keysDown(0x08, a), keysDown(0, b), keysDown(0, keyEnter)}, []string{"b"}},
		{"Alt and digits", append(keyReports("ễ"), enter()...), []string{"ễ"}},
		{"Alt and nothing", [][]byte{keysDown(0x04), keysDown(0x04, a), keysDown(0), keysDown(0, b), keysDown(0, keyEnter)}, []string{"b"}},
		{"Alt and too large a number", [][]byte{keysDown(0, a), keysDown(0x04, pad0-1), keysDown(0x04, pad0-2), keysDown(0x04, pad0-3), keysDown(0), keysDown(0, b), keysDown(0, keyEnter), keysDown(0, c), keysDown(0, keyEnter)},
			[]string{"! " + errAlt.Error(), "c"}},
		{"report id in front", [][]byte{append([]byte{1}, keysDown(0, a)...), append([]byte{1}, keysDown(0, keyEnter)...)}, []string{"a"}},
		{"HID-POS instead", append(posReports("]Q1", "A"), keysDown(0, a), keysDown(0, keyEnter)), []string{"! " + errShape.Error(), "a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decoded(&keyDecoder{}, tt.reports...)); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// A row each of the table in HID Usage Tables 1.12, section 10.
func TestCharacter(t *testing.T) {
	for key, want := range map[byte]string{
		0x03: "\x00\x00", 0x04: "aA", 0x1d: "zZ", 0x1e: "1!", 0x1f: "2@", 0x27: "0)", 0x28: "\x00\x00", 0x29: "\x00\x00", 0x2a: "\x00\x00",
		0x2b: "\x00\x00", 0x2c: "  ", 0x2d: "-_", 0x2e: "=+", 0x2f: "[{", 0x30: "]}", 0x31: "\\|", 0x33: ";:", 0x34: `'"`, 0x35: "`~",
		0x36: ",<", 0x37: ".>", 0x38: "/?", 0x39: "\x00\x00", 0x53: "\x00\x00", 0x54: "//", 0x55: "**", 0x56: "--", 0x57: "++",
		0x58: "\x00\x00", 0x59: "11", 0x61: "99", 0x62: "00", 0x63: "..", 0x64: "\\|", 0x65: "\x00\x00", 0x67: "==", 0xff: "\x00\x00",
	} {
		if got := string([]byte{character(key, false), character(key, true)}); got != want {
			t.Errorf("key %#x makes %q, want %q", key, got, want)
		}
	}
}

// Whatever is sent, in parts of whatever length, comes back.
func TestReportsThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 300), 1, 4).Draw(t, "codes")
		var want []string
		var pos, keys [][]byte
		for _, code := range codes {
			want = append(want, string(code))
			reports := posReports("]Q1", string(code))
			if cut := rapid.IntRange(0, min(len(code), posMost)).Draw(t, "cut"); cut > 0 && cut < len(code) {
				first := posReports("]Q1", string(code[:cut]))[0]
				first[63] = posMore
				reports = append([][]byte{first}, posReports("]Q1", string(code[cut:]))...)
			}
			pos = append(pos, reports...)
			keys = append(append(keys, keyReports(string(code))...), enter()...)
		}
		if diff := cmp.Diff(want, decoded(&posDecoder{}, pos...)); diff != "" {
			t.Fatalf("HID-POS (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, decoded(&keyDecoder{}, keys...)); diff != "" {
			t.Fatalf("keyboard (-want +got):\n%s", diff)
		}
	})
}

// After whatever reports, and a pause, the next code comes as it is, and neither
// before nor then is one empty or past the limit.
func fuzzDecoder(f *testing.F, size int, make func() decoder, rest []byte, good [][]byte) {
	f.Fuzz(func(t *testing.T, stream []byte, packet int) {
		d := make()
		check := func(code []byte, err error) {
			if (err == nil) == (len(code) == 0) || len(code) > MaxCode {
				t.Errorf("found %d bytes, %v", len(code), err)
			}
		}
		n := size
		if packet >= 0 && packet <= 2*size {
			n = packet // the unit's packets may be of any size
		}
		for report := range slices.Chunk(stream, max(n, 1)) {
			before := bytes.Clone(report)
			d.feed(report, check)
			if !bytes.Equal(before, report) {
				t.Fatal("the decoder changed its report")
			}
		}
		d.feed(rest, check) // as a unit leaves it after each code
		if d.open() {
			d.expire(check)
		}
		if d.open() {
			t.Fatal("a code is under way after it expired")
		}
		if got := decoded(d, good...); !slices.Equal(got, []string{"GOOD"}) {
			t.Errorf("the next code came as %q", got)
		}
	})
}

func FuzzPOS(f *testing.F) {
	f.Add(bytes.Join(posReports("]Q1", barcodetest.Card), nil), posReport)
	f.Add(bytes.Join(posReports("]Q1", strings.Repeat("x", 5000)), nil), posReport)
	f.Add(posReports("]C0", strings.Repeat("0", 60))[0], posReport)
	f.Add([]byte{2, 57, 0, 0, 0, 2, 1}, 3)
	fuzzDecoder(f, posReport, func() decoder { return &posDecoder{} }, nil, posReports("]Q1", "GOOD"))
}

func FuzzKeys(f *testing.F) {
	f.Add(bytes.Join(keyReports("Nguyễn Văn Mẫu|{}"), nil), bootReport)
	f.Add(bytes.Join(append(keyReports("ABC"), enter()...), nil), bootReport)
	f.Add([]byte{4, 0, pad0 - 1, 0, 0, 0, 0, 0, 4, 0, pad1, 0, 0, 0, 0, 0}, bootReport)
	f.Add(bytes.Join(posReports("]Q1", "A"), nil), posReport)
	fuzzDecoder(f, bootReport, func() decoder { return &keyDecoder{} }, keysDown(0), slices.Concat(keyReports("GOOD"), enter()))
}
