package picture

import (
	"cmp"
	"math"
	"slices"
)

// finder is a finder pattern, the mark in three corners of a code, or what looks
// like one.
type finder struct {
	Point
	mx, my float64 // length of a module along the lines of the picture and across
	light  bool    // light on dark: the code is inverted
	hits   int     // how many lines it was met on
}

// size is the length of a module, whatever way the code is turned.
func (f *finder) size() float64 { return math.Sqrt(f.mx * f.my) }

// corners are the three finder patterns of one code: at its own top left, top
// right and bottom left.
type corners struct {
	at    [3]finder
	light bool
	cost  float64 // how unlikely they are to belong together
}

// search finds finder patterns; it keeps its memory.
type search struct {
	line  []int32
	edges []edge
	found []finder
	sets  []corners
	least int32
}

// contrast is by how much the levels of a finder pattern's bars are apart at
// least. Less is noise and grain of paper.
const contrast = 7

// corners gives the sets of corners that codes in p may have, likely ones first.
func (s *search) corners(p *plane) []corners {
	s.finders(p)
	return s.match()
}

// finders meets each line of the picture.
func (s *search) finders(p *plane) {
	s.found = s.found[:0]
	s.least = int32(16 * max(contrast, 4*p.noise()))
	var line []edge
	for y := range p.h {
		s.line = p.row(y, s.line)
		line = edges(s.line, s.least, line)
		for i := 0; i+6 <= len(line); i++ {
			e := line[i : i+6]
			if module, ok := fits(e, 0.6); ok {
				s.meet(p, Point{(e[2].at + e[3].at) / 2, float64(y)}, module, !e[0].dark)
			}
		}
	}
}

// meet notes a line through what may be a finder pattern. It must show itself on
// the line across as well.
func (s *search) meet(p *plane, at Point, module float64, light bool) {
	for i := range s.found {
		f := &s.found[i]
		if f.light == light && math.Abs(f.X-at.X) < 2*f.mx && math.Abs(f.Y-at.Y) < 2*f.my {
			f.hits++
			return
		}
	}
	across, my, ok := s.through(p, at, Point{0, 1}, module, light)
	if !ok {
		return
	}
	along, mx, ok := s.through(p, across, Point{1, 0}, module, light)
	if !ok || mx > 3*my || my > 3*mx {
		return
	}
	s.found = append(s.found, finder{Point{along.X, across.Y}, mx, my, light, 1})
}

// through looks for the finder pattern around a point on the line in a direction
// of length 1; module is what to expect. It gives the pattern's middle on it.
func (s *search) through(p *plane, around, dir Point, module float64, light bool) (Point, float64, bool) {
	reach := int(12*module) + 3
	from := Point{around.X - float64(reach)*dir.X, around.Y - float64(reach)*dir.Y}
	s.line = p.line(from, dir, 2*reach+1, s.line)
	s.edges = edges(s.line, s.least, s.edges)
	for i := 0; i+6 <= len(s.edges); i++ {
		e := s.edges[i : i+6]
		if e[0].dark == light || e[3].at < float64(reach)-0.5 || e[2].at > float64(reach)+0.5 {
			continue
		}
		if m, ok := fits(e, 0.6); ok {
			mid := (e[2].at + e[3].at + e[1].at + e[4].at) / 4
			return Point{from.X + mid*dir.X, from.Y + mid*dir.Y}, m, true
		}
	}
	return Point{}, 0, false
}

// candidates is how many finder patterns are matched with each other at most.
const candidates = 16

// match puts finder patterns together to corners.
func (s *search) match() []corners {
	s.sets = s.sets[:0]
	// A pattern of n pixels is met on some 3/7 of n lines.
	weight := func(f finder) float64 { return float64(f.hits) / f.my }
	slices.SortStableFunc(s.found, func(a, b finder) int { return cmp.Compare(weight(b), weight(a)) })
	f := s.found[:min(len(s.found), candidates)]
	for i := range f {
		for j := i + 1; j < len(f); j++ {
			for k := j + 1; k < len(f); k++ {
				if c, ok := together(f[i], f[j], f[k]); ok {
					s.sets = append(s.sets, c)
				}
			}
		}
	}
	slices.SortStableFunc(s.sets, func(a, b corners) int { return cmp.Compare(a.cost, b.cost) })
	return s.sets
}

// together tells whether three patterns can be one code's, and which is which.
func together(a, b, c finder) (corners, bool) {
	if a.light != b.light || a.light != c.light {
		return corners{}, false
	}
	sizes := []float64{a.size(), b.size(), c.size()}
	small, large := slices.Min(sizes), slices.Max(sizes)
	if large > 2*small {
		return corners{}, false
	}
	// The top left is opposite to the longest side.
	ab, bc, ca := distance(a.Point, b.Point), distance(b.Point, c.Point), distance(c.Point, a.Point)
	switch max(ab, bc, ca) {
	case ab:
		a, b, c = c, a, b
	case ca:
		a, b, c = b, c, a
	}
	u, v := minus(b.Point, a.Point), minus(c.Point, a.Point)
	if u.X*v.Y-u.Y*v.X < 0 { // not mirrored: the top right is where the sun goes to
		b, c, u, v = c, b, v, u
	}
	lu, lv := math.Hypot(u.X, u.Y), math.Hypot(v.X, v.Y)
	size := (sizes[0] + sizes[1] + sizes[2]) / 3
	cos := (u.X*v.X + u.Y*v.Y) / (lu * lv)
	// 21 modules have the patterns 14 apart, 177 have them 170 apart; a module
	// looks up to 1.5 times as long on a slope.
	if math.Abs(cos) > 0.75 || lu > 2.2*lv || lv > 2.2*lu || min(lu, lv) < 8*size || max(lu, lv) > 200*size {
		return corners{}, false
	}
	cost := math.Abs(cos) + math.Abs(math.Log(lu/lv)) + 2*math.Log(large/small)
	return corners{at: [3]finder{a, b, c}, light: a.light, cost: cost}, true
}

func minus(a, b Point) Point           { return Point{a.X - b.X, a.Y - b.Y} }
func plus(a, b Point, k float64) Point { return Point{a.X + k*b.X, a.Y + k*b.Y} }
func distance(a, b Point) float64      { return math.Hypot(a.X-b.X, a.Y-b.Y) }
