package escpos

import (
	"encoding/binary"
	"fmt"
	"image"
)

const (
	bandRows    = 128 // most rows in one raster; clones overflow on more
	toCutter    = 14  // mm from the head up to the cutter, which a feeding cut moves
	rasterExtra = 16  // bytes of a raster beside its pixels, at most
)

// chunk is how many bytes are sent at most without a question in between: with
// as many still waiting to be printed they fit the unit's buffer, questions
// included, so that the next question always gets through.
func (p Profile) chunk() int { return p.Buffer/2 - 32 }

// step is one stretch of a slip that is sent without a pause: a raster band or
// a feed. Between steps the unit may be asked and the slip may be ended.
type step struct {
	bytes []byte
	rows  int
	white bool // a feed between bands
	// echoes counts DLE EOT 1 to 4 among the pixels. A unit that obeys
	// real-time commands on arrival answers these too.
	echoes int
}

// reset is what a slip begins with: defaults, Chinese mode off (clones wake up
// in it), left margin 0, and feeds counted in dots.
func (p Profile) reset() []byte {
	b := []byte{0x1B, '@', 0x1C, '.'}
	if p.Units {
		b = append(b, 0x1D, 'P', byte(p.DPI), byte(p.DPI))
	}
	if p.Automatic {
		b = append(b, 0x1D, 'a', 0x0E) // online, error, paper
	}
	return b
}

// end is what a slip ends with: the cut, and on kiosk printers the way to the
// mouth.
func (p Profile) end() step {
	s := p.cut()
	if p.presents() {
		s.bytes = append(append(s.bytes, 0x1D, 'e'), p.Present...)
	}
	return s
}

// cutOff parts what hangs in the unit, and keeps it from the visitor where that
// can be done.
func (p Profile) cutOff() step {
	s := p.cut()
	if p.presents() {
		s.bytes = append(append(s.bytes, 0x1D, 'e'), p.Retract...)
	}
	return s
}

// cut parts what is printed from the roll.
func (p Profile) cut() step {
	s := feed(p.Tail)
	if p.Cut == FeedPartial || p.Cut == FeedFull {
		s.rows += toCutter * p.DPI * 10 / 254
	}
	switch p.Cut {
	case FeedPartial:
		s.bytes = append(s.bytes, 0x1D, 'V', 66, 0)
	case FeedFull:
		s.bytes = append(s.bytes, 0x1D, 'V', 65, 0)
	case Partial:
		s.bytes = append(s.bytes, 0x1D, 'V', 1)
	case Full:
		s.bytes = append(s.bytes, 0x1D, 'V', 0)
	case Total:
		s.bytes = append(s.bytes, 0x1B, 'i')
	}
	return s
}

func feed(rows int) step {
	s := step{rows: rows}
	for ; rows > 0; rows -= 255 {
		s.bytes = append(s.bytes, 0x1B, 'J', byte(min(rows, 255)))
	}
	return s
}

// encode turns a page into steps: rasters (GS v 0) of at most 128 rows and one
// chunk, with white at the edges left out, and feeds (ESC J) for white runs. White below the last dark row is dropped. Narrow pages are
// centred.
func encode(page *image.Gray, p Profile) ([]step, error) {
	if page == nil || page.Rect.Empty() {
		return nil, fmt.Errorf("the slip is empty")
	}
	if page.Rect.Dx() > p.Width {
		return nil, fmt.Errorf("the slip is %d dots wide, the printer %d", page.Rect.Dx(), p.Width)
	}
	rows := pack(page, p.Width)
	for len(rows) > 0 && isWhite(rows[len(rows)-1]) {
		rows = rows[:len(rows)-1]
	}
	return p.divide(rows), nil
}

// white is set in each of eight pixels that are not dark.
const white = 0x8080808080808080

// pack turns pixels darker than the middle into bits, centred in width.
func pack(page *image.Gray, width int) [][]byte {
	left := (width - page.Rect.Dx()) / 2
	stride := width / 8
	all := make([]byte, stride*page.Rect.Dy())
	rows := make([][]byte, page.Rect.Dy())
	for y := range rows {
		row := all[y*stride : (y+1)*stride]
		pixels := page.Pix[y*page.Stride:][:page.Rect.Dx()]
		for x := 0; x < len(pixels); x++ {
			if eight := pixels[x:]; len(eight) >= 8 && binary.NativeEndian.Uint64(eight)&white == white {
				x += 7 // most of a page is white: no look at each
			} else if pixels[x] < 0x80 {
				row[(left+x)>>3] |= 0x80 >> ((left + x) & 7)
			}
		}
		rows[y] = row
	}
	return rows
}

func isWhite(row []byte) bool {
	from, _ := inked(row)
	return from == len(row)
}

// inked gives the bytes of a row between its white edges; from > to if all of
// it is white.
func inked(row []byte) (from, to int) {
	from, to = len(row), 0
	for i, b := range row {
		if b != 0 {
			from, to = min(from, i), i+1
		}
	}
	return from, to
}

// echoes counts DLE EOT n, n from 1 to 4, and 20 where that is answered.
func (p Profile) echoes(b []byte) int {
	n := 0
	for i := 2; i < len(b); i++ {
		if b[i-2] == 0x10 && b[i-1] == 0x04 && (b[i] >= 1 && b[i] <= 4 || b[i] == fullStatus && p.full()) {
			n++
		}
	}
	return n
}
