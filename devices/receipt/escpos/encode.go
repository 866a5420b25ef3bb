package escpos

import (
	"fmt"
	"image"
)

const (
	bandRows = 128 // most rows in one raster; clones overflow on more
	whiteRun = 4   // white rows that are worth a feed of their own

	rasterExtra = 16 // bytes of a raster beside its pixels, at most
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

// cut is what a slip ends with.
func (p Profile) cut() step {
	s := feed(p.Tail)
	switch p.Cut {
	case FeedPartial:
		s.bytes = append(s.bytes, 0x1D, 'V', 66, 0)
	case FeedFull:
		s.bytes = append(s.bytes, 0x1D, 'V', 65, 0)
	case Partial:
		s.bytes = append(s.bytes, 0x1D, 'V', 1)
	case Full:
		s.bytes = append(s.bytes, 0x1D, 'V', 0)
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
// chunk, with white at the edges left out, and feeds (ESC J) for
// white runs. White below the last dark row is dropped. Narrow pages are
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
	var steps []step
	for y := 0; y < len(rows); {
		if run := white(rows[y:]); run >= whiteRun || run > 0 && run == len(rows)-y {
			steps = append(steps, feed(run))
			y += run
			continue
		}
		n := p.bandEnd(rows[y:])
		steps = append(steps, p.raster(rows[y:y+n]))
		y += n
	}
	return steps, nil
}

// pack turns pixels darker than the middle into bits, centred in width.
func pack(page *image.Gray, width int) [][]byte {
	left := (width - page.Rect.Dx()) / 2
	stride := width / 8
	all := make([]byte, stride*page.Rect.Dy())
	rows := make([][]byte, page.Rect.Dy())
	for y := range rows {
		row := all[y*stride : (y+1)*stride]
		pixels := page.Pix[y*page.Stride:][:page.Rect.Dx()]
		for x, v := range pixels {
			if v < 0x80 {
				row[(left+x)>>3] |= 0x80 >> ((left + x) & 7)
			}
		}
		rows[y] = row
	}
	return rows
}

func isWhite(row []byte) bool {
	for _, b := range row {
		if b != 0 {
			return false
		}
	}
	return true
}

// white counts the white rows at the top.
func white(rows [][]byte) int {
	for n, row := range rows {
		if !isWhite(row) {
			return n
		}
	}
	return len(rows)
}

// bandEnd finds where the band that begins at the first row ends: before a
// white run, at 128 rows, or where its bytes would fill half the buffer.
func (p Profile) bandEnd(rows [][]byte) int {
	from, to := len(rows[0]), 0
	for n, row := range rows {
		if n == bandRows || white(rows[n:min(n+whiteRun, len(rows))]) == whiteRun {
			return n
		}
		l, r := inked(row)
		from, to = min(from, l), max(to, r)
		if n > 0 && rasterExtra+(n+1)*p.bandWide(from, to) > p.chunk() {
			return n
		}
	}
	return len(rows)
}

func (p Profile) bandWide(from, to int) int {
	if !p.Margin {
		return to
	}
	return to - from
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

// raster encodes one band. GS L moves it in from the left where the model lets
// a margin move a raster and the bytes saved are more than the command.
func (p Profile) raster(rows [][]byte) step {
	from, to := len(rows[0]), 0
	for _, row := range rows {
		l, r := inked(row)
		from, to = min(from, l), max(to, r)
	}
	const marginBytes = 8 // set and taken back
	if !p.Margin || from*len(rows) <= marginBytes {
		from = 0
	}
	s := step{rows: len(rows)}
	if from > 0 {
		s.bytes = append(s.bytes, 0x1D, 'L', byte(from*8), byte(from*8>>8))
	}
	s.bytes = append(s.bytes, 0x1D, 'v', '0', 0, byte(to-from), 0, byte(len(rows)), byte(len(rows)>>8))
	for _, row := range rows {
		s.bytes = append(s.bytes, row[from:to]...)
	}
	if from > 0 {
		s.bytes = append(s.bytes, 0x1D, 'L', 0, 0)
	}
	s.echoes = echoes(s.bytes)
	return s
}

// echoes counts DLE EOT n, n from 1 to 4.
func echoes(b []byte) int {
	n := 0
	for i := 2; i < len(b); i++ {
		if b[i-2] == 0x10 && b[i-1] == 0x04 && b[i] >= 1 && b[i] <= 4 {
			n++
		}
	}
	return n
}
