package camera

import (
	"image"
	"time"
)

// still tells that a desk looks as it did when there was no code on it.
type still struct {
	since  time.Time // when it was looked at last
	size   image.Point
	levels []uint8 // means of the blocks of the empty desk; none = not known
	now    []uint8
}

const (
	// block is the side of the squares that are compared, in pixels: smaller than
	// any code that can be read.
	block = 32
	// change is by how many levels a square's mean must differ: more than noise
	// makes of it, less than the shadow of a hand.
	change = 3
)

// same tells that frame shows the empty desk still.
func (s *still) same(frame *image.Gray) bool {
	s.measure(frame)
	if len(s.levels) == 0 || s.size != frame.Rect.Size() {
		return false
	}
	for i, l := range s.levels {
		if d := int(l) - int(s.now[i]); d > change || d < -change {
			return false
		}
	}
	return true
}

// empty notes that there is no code in frame.
func (s *still) empty(frame *image.Gray) {
	s.measure(frame)
	s.levels, s.now, s.size = s.now, s.levels, frame.Rect.Size()
}

// forget notes that there is a code.
func (s *still) forget() { s.levels = s.levels[:0] }

// measure takes the mean of one pixel in sixteen of each block.
func (s *still) measure(frame *image.Gray) {
	s.now = s.now[:0]
	b := frame.Rect
	for y := b.Min.Y; y < b.Max.Y; y += block {
		for x := b.Min.X; x < b.Max.X; x += block {
			sum, n := 0, 0
			for dy := 0; dy < block && y+dy < b.Max.Y; dy += 4 {
				row := frame.Pix[frame.PixOffset(x, y+dy):]
				for dx := 0; dx < block && x+dx < b.Max.X; dx += 4 {
					sum, n = sum+int(row[dx]), n+1
				}
			}
			s.now = append(s.now, uint8(sum/n))
		}
	}
}
