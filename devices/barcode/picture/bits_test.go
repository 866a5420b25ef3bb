package picture

import (
	"testing"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// FuzzDecode gives gozxing's decoder whatever a stranger may print: a code with
// modules flipped, by pairs of column and row.
func FuzzDecode(f *testing.F) {
	texts := []string{"0123456789", "MOTCUA 1", "Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu", "点茗"}
	for i := range texts {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte{9, 9, 10, 10, 11, 11, 12, 12, 20, 20, 0, 0, 8, 1})
	}
	var b bits
	f.Fuzz(func(t *testing.T, which uint8, flips []byte) {
		want := texts[int(which)%len(texts)]
		code, err := encoder.Encoder_encodeWithoutHint(want, decoder.ErrorCorrectionLevel_L)
		if err != nil {
			t.Fatal(err)
		}
		m := code.GetMatrix()
		n := m.GetWidth()
		levels := make([]float64, n*n)
		for i := range levels {
			levels[i] = 1 - float64(m.Get(i%n, i/n))
		}
		for i := 0; i+1 < len(flips); i += 2 {
			at := int(flips[i])%n + int(flips[i+1])%n*n
			levels[at] = 1 - levels[at]
		}
		b.mean = grow(b.mean, n*n)
		for i := range b.mean {
			b.mean[i] = 0.5
		}
		raw, ok := b.decode(levels, n)
		if len(flips) == 0 && (!ok || string(raw) != want) {
			t.Errorf("decode = %q, %t; want %q", raw, ok, want)
		}
	})
}
