package escpos

import (
	"bytes"
	"slices"
)

// stepCost is what one more command counts for beside its bytes: units halt a
// little at each.
const stepCost = 4

// band is a way to send some rows, from the top of what is left.
type band struct {
	rows     int
	white    bool
	double   bool // every dot is a square of four: sent at half the size
	from, to int  // bytes between the white edges
	cost     int  // of it and of all above
}

// divide finds the steps that take the fewest bytes for rows. Narrow bands are
// cheap, each band has its price, and where all dots are squares of two by two,
// as in a QR code, a quarter of the bytes does (GS v 0 with m = 3).
func (p Profile) divide(rows [][]byte) []step {
	edges := make([][2]int, len(rows))
	wide := make([]bool, len(rows)) // dots come in pairs
	twin := make([]bool, len(rows)) // the next row is the same
	for y, row := range rows {
		edges[y][0], edges[y][1] = inked(row)
		wide[y] = pairs(row)
		twin[y] = y+1 < len(rows) && bytes.Equal(row, rows[y+1])
	}
	// best[y] ends at row y and is the last band of the cheapest way there.
	best, most := make([]band, len(rows)+1), p.chunk()
	for y := range rows {
		b := band{from: len(rows[y]), white: true, double: true}
		for b.rows < bandRows && y+b.rows < len(rows) {
			at := y + b.rows
			b.from, b.to = min(b.from, edges[at][0]), max(b.to, edges[at][1])
			b.white = b.white && b.to == 0
			b.double = b.double && wide[at] && (b.rows%2 == 1 || twin[at])
			b.rows++
			n := b.bytes(p.Margin)
			if n > most && b.rows > 1 {
				break
			}
			b.cost = best[y].cost + n + stepCost
			if end := &best[y+b.rows]; end.rows == 0 || b.cost < end.cost {
				*end = b
			}
		}
	}
	var bands []band
	for y := len(rows); y > 0; y -= best[y].rows {
		bands = append(bands, best[y])
	}
	slices.Reverse(bands)
	var steps []step
	for y, i := 0, 0; i < len(bands); i++ {
		steps = p.add(steps, bands[i], rows[y:y+bands[i].rows])
		y += bands[i].rows
	}
	return steps
}

// halved tells that b is sent at half the size: never dearer than dot by dot.
func (b band) halved() bool { return b.double && b.rows%2 == 0 }

// bytes is what b takes to send; margin tells whether GS L moves a raster.
func (b band) bytes(margin bool) int {
	if b.white {
		return 3 * ((b.rows + 254) / 255)
	}
	b = b.moved(margin)
	n := (b.to - b.from) * b.rows
	if b.halved() {
		n = (b.to - b.from + 1) / 2 * (b.rows / 2)
	}
	if b.from > 0 {
		n += marginCost
	}
	return n + 8
}

// marginCost is what it takes to move a band in from the left, and back.
const marginCost = 8

// moved is b without a margin where that cannot be had or is not worth it.
func (b band) moved(margin bool) band {
	saved := b.from * b.rows
	if b.halved() {
		saved /= 4
	}
	if !margin || saved <= marginCost {
		b.from = 0
	}
	return b
}

// add puts b behind steps; feeds that follow each other become one.
func (p Profile) add(steps []step, b band, rows [][]byte) []step {
	if !b.white {
		return append(steps, p.raster(b, rows))
	}
	if n := len(steps); n > 0 && steps[n-1].white {
		b.rows += steps[n-1].rows
		steps = steps[:n-1]
	}
	s := feed(b.rows)
	s.white = true
	return append(steps, s)
}

// raster encodes one band. GS L moves it in from the left where the model lets
// a margin move a raster.
func (p Profile) raster(b band, rows [][]byte) step {
	s := step{rows: len(rows)}
	b = b.moved(p.Margin)
	if b.from > 0 {
		s.bytes = append(s.bytes, 0x1D, 'L', byte(b.from*8), byte(b.from*8>>8))
	}
	mode, wide, high := byte(0), b.to-b.from, len(rows)
	if b.halved() {
		mode, wide, high = 3, (wide+1)/2, high/2
	}
	s.bytes = append(s.bytes, 0x1D, 'v', '0', mode, byte(wide), 0, byte(high), 0)
	for y, row := range rows {
		switch {
		case !b.halved():
			s.bytes = append(s.bytes, row[b.from:b.to]...)
		case y%2 == 0:
			s.bytes = append(s.bytes, halve(row[b.from:b.to])...)
		}
	}
	if b.from > 0 {
		s.bytes = append(s.bytes, 0x1D, 'L', 0, 0)
	}
	s.echoes = p.echoes(s.bytes)
	return s
}

// pairs tells whether the dots of a row come in pairs.
func pairs(row []byte) bool {
	for _, b := range row {
		if (b^b>>1)&0x55 != 0 {
			return false
		}
	}
	return true
}

// halve takes one dot of each pair.
func halve(row []byte) []byte {
	half := make([]byte, (len(row)+1)/2)
	for x := range 4 * len(row) {
		if row[x/4]>>(7-x%4*2)&1 == 1 {
			half[x/8] |= 0x80 >> (x % 8)
		}
	}
	return half
}
