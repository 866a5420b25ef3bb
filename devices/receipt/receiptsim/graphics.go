package receiptsim

import (
	"image"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// storedMost is the graphics memory: one roll width by 4,000 rows.
const storedMost = 72 * 4000

// raster is a stored picture, rows of wide bytes.
type raster struct {
	wide   int
	pixels []byte
}

// gs obeys the commands that begin with GS.
func (f *firmware) gs() error {
	c, err := f.next()
	if err != nil {
		return err
	}
	switch c {
	case 'v':
		return f.rasterNow()
	case 'V':
		return f.gsCut()
	case 'L':
		b, err := f.take(2)
		if err != nil {
			return err
		}
		f.left = f.dotsX(int(b[0]) + int(b[1])<<8)
		return nil
	case 'P':
		b, err := f.take(2)
		if err != nil {
			return err
		}
		f.motionX, f.motionY = int(b[0]), int(b[1])
		return nil
	case 'a':
		n, err := f.next()
		if err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asb = n
		if n != 0 {
			f.told = f.automatic()
			f.say(f.told[:]...)
		}
		return nil
	case 'r':
		n, err := f.next()
		if err != nil || f.opts.Bare {
			return err
		}
		return f.answerQueued(n)
	case 'e':
		return f.eject()
	case '(':
		return f.extended()
	case '8':
		b, err := f.take(5)
		if err != nil {
			return err
		}
		return f.graphics(int(b[1]) + int(b[2])<<8 + int(b[3])<<16 + int(b[4])<<24)
	case 'k':
		return f.barcode()
	case '*':
		b, err := f.take(2)
		if err != nil {
			return err
		}
		return f.skip(int(b[0]) * int(b[1]) * 8)
	}
	return f.skipKnown(gsSkips, gs, c)
}

// answerQueued answers GS r in its turn: it waits for the unit to be online.
func (f *firmware) answerQueued(n byte) error {
	if err := f.online(f.since); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n == 1 || n == '1' {
		f.say(bit(f.low(), 0x03) | bit(f.end(), 0x0C))
		return nil
	}
	f.say(0)
	return nil
}

// answerProcess is GS ( H fn 48: its response comes when all before it is printed
// (TM-T81 specification, sheet 82).
func (f *firmware) answerProcess(n int) error {
	b, err := f.take(n)
	if err != nil || !f.opts.ProcessID || n != 6 || b[0] != '0' || b[1] != '0' {
		return err
	}
	if err := f.online(f.since); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(0x37, 0x22, b[2], b[3], b[4], b[5], 0)
	return nil
}

// rasterNow is GS v 0: it prints row by row as the pixels come, from the left
// margin on; what passes the right edge is lost. With text in the line it is
// ignored, its pixels read away.
func (f *firmware) rasterNow() error {
	b, err := f.take(6)
	if err != nil {
		return err
	}
	if b[0] != '0' {
		f.unheardOf(gs, 'v', b[0])
		return nil
	}
	mode, wide, high := b[1]&3, int(b[2])+int(b[3])<<8, int(b[4])+int(b[5])<<8
	if len(f.line) > 0 || wide*high == 0 {
		f.unheardOf(gs, 'v', '0')
		return f.skip(wide * high)
	}
	row := make([]byte, min(wide, f.stride()))
	for range high {
		for x := range wide {
			c, err := f.next()
			if err != nil {
				return err
			}
			if x < len(row) {
				row[x] = c
			}
		}
		for range 1 + mode>>1 {
			if err := f.print(f.place(widen(row, mode&1 == 1)), f.since); err != nil {
				return err
			}
		}
	}
	return nil
}

// widen doubles every dot of a row.
func widen(row []byte, double bool) []byte {
	if !double {
		return row
	}
	wide := make([]byte, 2*len(row))
	for i := range 8 * len(row) {
		if row[i/8]>>(7-i%8)&1 == 1 {
			wide[2*i/8] |= 3 << (6 - 2*i%8)
		}
	}
	return wide
}

// place moves a row to the margin, or to where ESC a wants it.
func (f *firmware) place(row []byte) []byte {
	room := f.opts.Width - f.left
	at := f.left
	switch slack := room - 8*len(row); {
	case slack <= 0:
	case f.align == 1 || f.align == '1':
		at += slack / 2
	case f.align == 2 || f.align == '2':
		at += slack
	}
	out := make([]byte, f.stride())
	for i := range 8 * len(row) {
		if x := at + i; x < f.opts.Width && row[i/8]>>(7-i%8)&1 == 1 {
			out[x/8] |= 1 << (7 - x%8)
		}
	}
	return out
}

// gsCut is GS V: 0/1 cut here; 65/66 feed to the cutter and n more first.
func (f *firmware) gsCut() error {
	m, err := f.next()
	if err != nil {
		return err
	}
	switch m {
	case 0, 1, '0', '1':
	case 65, 66:
		n, err := f.next()
		if err != nil {
			return err
		}
		if err := f.feed(f.opts.Gap + f.dotsY(int(n))); err != nil {
			return err
		}
	default:
		f.unheardOf(gs, 'V', m)
		return nil
	}
	if err := f.online(f.since); err != nil {
		return err
	}
	f.cut()
	return nil
}

// extended is GS ( X pL pH …: graphics and two-dimensional codes; the rest is
// read away by its length.
func (f *firmware) extended() error {
	b, err := f.take(3)
	if err != nil {
		return err
	}
	n := int(b[1]) + int(b[2])<<8
	switch b[0] {
	case 'L':
		return f.graphics(n)
	case 'k':
		return f.symbol(n)
	case 'H':
		return f.answerProcess(n)
	case 'A', 'D', 'E', 'K', 'N', 'M', 'P', 'C', 'z':
	default:
		f.unheardOf(gs, '(', b[0])
	}
	return f.skip(n)
}

// graphics is GS ( L and GS 8 L: 112 stores a raster, 2 and 50 print it.
func (f *firmware) graphics(n int) error {
	if n < 2 {
		return f.skip(n)
	}
	b, err := f.take(2)
	if err != nil {
		return err
	}
	n -= 2
	switch b[1] {
	case 2, 50:
		for at := 0; at+f.stored.wide <= len(f.stored.pixels) && f.stored.wide > 0; at += f.stored.wide {
			if err := f.print(f.place(f.stored.pixels[at:at+f.stored.wide]), f.since); err != nil {
				return err
			}
		}
		f.stored = raster{}
	case 112:
		if n < 8 {
			break
		}
		h, err := f.take(8)
		if err != nil {
			return err
		}
		n -= 8
		f.stored = raster{wide: (int(h[4]) + int(h[5])<<8 + 7) / 8}
		for ; n > 0 && len(f.stored.pixels) < storedMost; n-- {
			c, err := f.next()
			if err != nil {
				return err
			}
			f.stored.pixels = append(f.stored.pixels, c)
		}
	default:
		f.unheardOf(gs, '(', 'L', b[1])
	}
	return f.skip(n)
}

// symbol is GS ( k for QR codes (cn 49): 167 module size, 180 store, 181 print.
func (f *firmware) symbol(n int) error {
	if n < 2 {
		return f.skip(n)
	}
	b, err := f.take(2)
	if err != nil {
		return err
	}
	args := make([]byte, 0, 64)
	for range n - 2 {
		c, err := f.next()
		if err != nil {
			return err
		}
		args = append(args, c)
	}
	if b[0] != 49 {
		f.unheardOf(gs, '(', 'k', b[0])
		return nil
	}
	switch {
	case b[1] == 67 && len(args) == 1:
		f.module = int(min(max(args[0], 1), 16))
	case b[1] == 80 && len(args) > 1:
		f.code = args[1:]
	case b[1] == 81:
		return f.printCode()
	}
	return nil
}

func (f *firmware) printCode() error {
	if len(f.code) == 0 {
		return nil
	}
	qr, err := encoder.Encoder_encode(string(f.code), decoder.ErrorCorrectionLevel_L, nil)
	if err != nil {
		f.unheardOf(gs, '(', 'k', 81)
		return nil
	}
	m := qr.GetMatrix()
	for y := range m.GetHeight() {
		row := make([]byte, (m.GetWidth()*f.module+7)/8)
		for x := range m.GetWidth() * f.module {
			if m.Get(x/f.module, y) == 1 {
				row[x/8] |= 1 << (7 - x%8)
			}
		}
		for range f.module {
			if err := f.print(f.place(row), f.since); err != nil {
				return err
			}
		}
	}
	return nil
}

// barcode is GS k; the bars are not drawn.
func (f *firmware) barcode() error {
	m, err := f.next()
	if err != nil {
		return err
	}
	f.unheardOf(gs, 'k')
	if m >= 65 {
		n, err := f.next()
		if err != nil {
			return err
		}
		return f.skip(int(n))
	}
	for {
		if c, err := f.next(); err != nil || c == nul {
			return err
		}
	}
}

// The built-in font: a cell of 14 by 26 dots, and boxes for what is not ASCII.
const cellWide, cellHigh = 14, 26

// character adds to the line and prints it when it is full.
func (f *firmware) character(c byte) error {
	if c > '~' {
		f.strange("text")
	}
	f.line = append(f.line, c)
	if (len(f.line)+1)*cellWide > f.opts.Width-f.left {
		return f.printLine()
	}
	return nil
}

// printLine prints the line in the built-in font, twice its size.
func (f *firmware) printLine() error {
	small := image.NewGray(image.Rect(0, 0, max(len(f.line), 1)*cellWide/2, cellHigh/2))
	face := basicfont.Face7x13
	for i, c := range f.line {
		d := font.Drawer{Dst: small, Src: image.White, Face: face, Dot: fixed.P(i*cellWide/2, face.Ascent)}
		if c > '~' {
			c = 0 // the font draws a box
		}
		d.DrawString(string(rune(c)))
	}
	f.line = nil
	wide := (small.Rect.Dx()*2 + 7) / 8
	for y := range cellHigh {
		row := make([]byte, wide)
		for x := range small.Rect.Dx() * 2 {
			if small.GrayAt(x/2, y/2).Y > 0 {
				row[x/8] |= 1 << (7 - x%8)
			}
		}
		if err := f.print(f.place(row), f.since); err != nil {
			return err
		}
	}
	for range max(f.spacing-cellHigh, 0) {
		if err := f.print(nil, f.since); err != nil {
			return err
		}
	}
	return nil
}
