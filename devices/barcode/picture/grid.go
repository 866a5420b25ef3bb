package picture

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// grid lays the net of modules over a code whose corners are known, and reads it.
// It keeps its memory.
type grid struct {
	search search
	cells  []cell
	bits   bits
}

// cell is a module whose colour the standard fixes.
type cell struct {
	x, y float64 // its middle, in modules
	dark float64 // 1, or -1 for light
}

// mark is a finder pattern measured along the code's own sides.
type mark struct {
	Point
	mu, mv  float64  // length of a module along the code's top and its left side
	corners [4]Point // its outer corners, from its top left clockwise
	whole   bool     // the corners were found
}

// read reads the code between corners.
func (g *grid) read(p *plane, c corners) (Found, bool) {
	u, v := unit(minus(c.at[1].Point, c.at[0].Point)), unit(minus(c.at[2].Point, c.at[0].Point))
	var marks [3]mark
	for i := range marks {
		marks[i] = g.measure(p, c.at[i], u, v, c.light)
	}
	for _, n := range sizes(marks) {
		w, ok := g.place(p, marks, n, c.light)
		if !ok {
			continue
		}
		if raw, way, ok := g.bits.read(p, &w, n, g.cells, c.light); ok {
			f := Found{Raw: raw, Version: (n - 17) / 4, Way: way}
			size := float64(n)
			for i, at := range [4]Point{{0, 0}, {size, 0}, {size, size}, {0, size}} {
				f.Corners[i] = w.to(at.X, at.Y)
			}
			return f, true
		}
	}
	return Found{}, false
}

// measure finds the sides of a finder pattern.
func (g *grid) measure(p *plane, f finder, u, v Point, light bool) mark {
	m := mark{Point: f.Point}
	size := f.size()
	// The lines of the picture cut a turned pattern aslant, so that a module
	// looks up to 1.4 times as long on them.
	slant := max(math.Abs(u.X), math.Abs(u.Y))
	m.mu, m.mv = size*slant, size*slant
	g.search.least = 16 * contrast
	if at, mu, ok := g.search.through(p, m.Point, u, size, light); ok {
		m.Point, m.mu = at, mu
	}
	if at, mv, ok := g.search.through(p, m.Point, v, size, light); ok {
		m.Point, m.mv = at, mv
	}
	var sides [4][2]Point // top, right, bottom, left: a point and a direction
	m.whole = true
	for i, s := range [4]struct {
		out, along Point
		mo, ma     float64
	}{
		{times(v, -1), u, m.mv, m.mu}, {u, v, m.mu, m.mv}, {v, u, m.mv, m.mu}, {times(u, -1), v, m.mu, m.mv},
	} {
		at, dir, ok := side(p, m.Point, times(s.out, s.mo), times(s.along, s.ma), light)
		if !ok {
			m.whole = false
			return m
		}
		sides[i] = [2]Point{at, dir}
	}
	for i := range 4 {
		before := sides[(i+3)%4]
		at, ok := meet(before, sides[i])
		if !ok || distance(at, m.Point) > 8*max(m.mu, m.mv) {
			m.whole = false
			return m
		}
		m.corners[i] = at
	}
	return m
}

// side fits a line to the outer edge of a finder pattern on the side that out
// points to; out and along are a module long.
func side(p *plane, middle, out, along Point, light bool) (at, dir Point, ok bool) {
	const step = 0.2 // modules
	var ks, ts []float64
	for k := -2.4; k <= 2.5; k += 0.4 {
		from := plus(middle, along, k)
		var profile [15]float64 // from 2.2 to 5 modules from the middle
		for i := range profile {
			q := plus(from, out, 2.2+step*float64(i))
			profile[i] = p.at(q.X, q.Y)
			if light {
				profile[i] = 255 - profile[i]
			}
		}
		darkest := 0
		for i := range 8 {
			if profile[i] < profile[darkest] {
				darkest = i
			}
		}
		lightest := darkest
		for i := darkest; i < min(darkest+9, len(profile)); i++ {
			if profile[i] > profile[lightest] {
				lightest = i
			}
		}
		half := (profile[darkest] + profile[lightest]) / 2
		if profile[lightest]-profile[darkest] < contrast {
			continue
		}
		for i := darkest; i < lightest; i++ {
			if profile[i] <= half && profile[i+1] > half {
				ks = append(ks, k)
				ts = append(ts, 2.2+step*(float64(i)+(half-profile[i])/(profile[i+1]-profile[i])))
				break
			}
		}
	}
	a, b, ok := straight(ks, ts)
	if !ok {
		return Point{}, Point{}, false
	}
	return plus(middle, out, a), plus(along, out, b), true
}

// straight fits t = a + bk, leaving out what lies off.
func straight(ks, ts []float64) (a, b float64, ok bool) {
	use := make([]bool, len(ks))
	for i := range use {
		use[i] = true
	}
	for range 3 {
		var n, sk, st, skk, skt float64
		for i, k := range ks {
			if use[i] {
				n, sk, st, skk, skt = n+1, sk+k, st+ts[i], skk+k*k, skt+k*ts[i]
			}
		}
		det := n*skk - sk*sk
		if n < 5 || det < 1e-9 {
			return 0, 0, false
		}
		b = (n*skt - sk*st) / det
		a = (st - b*sk) / n
		for i, k := range ks {
			use[i] = math.Abs(ts[i]-a-b*k) < 0.3
		}
	}
	return a, b, a > 2.5 && a < 4.5 && math.Abs(b) < 0.8
}

// meet gives where two lines, each a point and a direction, cross.
func meet(a, b [2]Point) (Point, bool) {
	det := a[1].X*b[1].Y - a[1].Y*b[1].X
	if math.Abs(det) < 1e-9 {
		return Point{}, false
	}
	d := minus(b[0], a[0])
	return plus(a[0], a[1], (d.X*b[1].Y-d.Y*b[1].X)/det), true
}

// sizes gives how many modules the code may have on a side, the likeliest first.
func sizes(m [3]mark) []int {
	u := distance(m[0].Point, m[1].Point) * 2 / (m[0].mu + m[1].mu)
	v := distance(m[0].Point, m[2].Point) * 2 / (m[0].mv + m[2].mv)
	about := (u+v)/2 + 7
	first := int(math.Round((about-17)/4))*4 + 17
	var all []int
	for _, d := range [5]int{0, 4, -4, 8, -8} {
		if n := first + d; n >= 21 && n <= 177 {
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int {
		return cmp.Compare(math.Abs(float64(a)-about), math.Abs(float64(b)-about))
	})
	return all
}

// place fits a code of n modules to the marks. ok is false when what is there is
// none of that size.
func (g *grid) place(p *plane, m [3]mark, n int, light bool) (warp, bool) {
	size := float64(n)
	middles := []Point{{3.5, 3.5}, {size - 3.5, 3.5}, {3.5, size - 3.5}}
	// The marks' corners tell the slope, but one that is spoiled misleads; so the
	// code is taken for flat as well, and the better of the two goes on.
	from := append(middles[:3:3], Point{size - 3.5, size - 3.5})
	to := []Point{m[0].Point, m[1].Point, m[2].Point, minus(plus(m[1].Point, m[2].Point, 1), m[0].Point)}
	w, ok := square(n, from, to)
	if !ok {
		return warp{}, false
	}
	aligned, reach := g.fixed(n), 6.0
	from, to = from[:3], to[:3]
	for i, at := range middles {
		if m[i].whole {
			for j, d := range [4]Point{{-3.5, -3.5}, {3.5, -3.5}, {3.5, 3.5}, {-3.5, 3.5}} {
				from, to = append(from, plus(at, d, 1)), append(to, m[i].corners[j])
			}
		}
	}
	if sloped, ok := square(n, from, to); ok && len(from) >= 9 && g.match(p, &sloped, light) >= g.match(p, &w, light) {
		w, reach = sloped, 3.5
	}
	if timing(p, &w, n, light) < 0.25+1/(size-16) { // what is none alternates by chance, over few modules more so
		return warp{}, false
	}
	if aligned {
		w = g.align(p, w, m, n, reach, light)
	}
	w = g.settle(p, w, n, light)
	return w, timing(p, &w, n, light) > 0.35
}

// timing tells from -1 to 1 how much what lies under the timing patterns is dark
// and light in turn.
func timing(p *plane, w *warp, n int, light bool) float64 {
	var sum, all float64
	for _, upright := range [2]bool{false, true} {
		level := func(i int) float64 {
			x, y := float64(i)+0.5, 6.5
			if upright {
				x, y = y, x
			}
			q := w.to(x, y)
			return p.at(q.X, q.Y)
		}
		before, here := level(7), level(8)
		for i := 8; i <= n-9; i++ {
			after := level(i + 1)
			d := before + after - 2*here // above 0: darker than its neighbours
			all += math.Abs(d)
			if (i%2 == 0) != light {
				sum += d
			} else {
				sum -= d
			}
			before, here = here, after
		}
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

// fixed lists the modules that are the same in all codes of n modules, and tells
// whether there are alignment patterns.
func (g *grid) fixed(n int) bool {
	g.cells = g.cells[:0]
	put := func(x, y int, dark bool) {
		c := cell{float64(x) + 0.5, float64(y) + 0.5, -1}
		if dark {
			c.dark = 1
		}
		g.cells = append(g.cells, c)
	}
	for y := range 8 {
		for x := range 8 {
			ring := max(abs(x-3), abs(y-3))
			dark := ring == 3 || ring < 2
			put(x, y, dark)
			put(n-1-x, y, dark)
			put(x, n-1-y, dark)
		}
	}
	for i := 8; i <= n-9; i++ {
		put(i, 6, i%2 == 0)
		put(6, i, i%2 == 0)
	}
	version, err := decoder.Version_GetVersionForNumber((n - 17) / 4)
	if err != nil {
		return false
	}
	at := version.GetAlignmentPatternCenters()
	for i, y := range at {
		for j, x := range at {
			last := len(at) - 1
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 || y == 6 || x == 6 {
				continue // a finder pattern is there, or the timing runs through it
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					put(x+dx, y+dy, max(abs(dx), abs(dy)) != 1)
				}
			}
		}
	}
	return len(at) > 0
}

// match tells how well a warp lays the modules that are fixed over dark and light:
// the mean difference, in levels.
func (g *grid) match(p *plane, w *warp, light bool) float64 {
	var sum float64
	for i := range g.cells {
		c := &g.cells[i]
		q := w.to(c.x, c.y)
		sum -= c.dark * p.at(q.X, q.Y)
	}
	if light {
		sum = -sum
	}
	return sum / float64(len(g.cells))
}

// align looks for the alignment pattern that is farthest from the marks, within
// reach modules of where w has it, and gives the warp through it.
func (g *grid) align(p *plane, w warp, m [3]mark, n int, reach float64, light bool) warp {
	size := float64(n)
	at := Point{size - 6.5, size - 6.5}
	type hit struct {
		Point
		like float64
	}
	var hits []hit
	for dy := -reach; dy <= reach; dy += 0.5 {
		for dx := -reach; dx <= reach; dx += 0.5 {
			h := hit{plus(at, Point{dx, dy}, 1), 0}
			if h.like = alike(p, &w, h.Point, light); h.like > 0.3 {
				hits = append(hits, h)
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.like, a.like) })
	best, score := w, g.match(p, &w, light)
	var tried []Point
	for _, h := range hits {
		if slices.ContainsFunc(tried, func(q Point) bool { return distance(q, h.Point) < 1.5 }) {
			continue
		}
		if tried = append(tried, h.Point); len(tried) > 4 {
			break
		}
		from := []Point{{3.5, 3.5}, {size - 3.5, 3.5}, {3.5, size - 3.5}, at}
		to := []Point{m[0].Point, m[1].Point, m[2].Point, w.to(h.X, h.Y)}
		next, ok := square(n, from, to)
		if !ok {
			continue
		}
		if s := g.match(p, &next, light); s > score {
			best, score = next, s
		}
	}
	return best
}

// alike tells from -1 to 1 how much like an alignment pattern it looks at a place
// in modules.
func alike(p *plane, w *warp, at Point, light bool) float64 {
	var sum, squares, dark float64
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			q := w.to(at.X+float64(dx), at.Y+float64(dy))
			v := p.at(q.X, q.Y)
			sum, squares = sum+v, squares+v*v
			if max(abs(dx), abs(dy)) != 1 {
				dark += v
			}
		}
	}
	// 17 of the 25 are dark.
	spread := math.Sqrt(max(25*squares-sum*sum, 1e-9) * 17 * 8)
	like := (17*sum - 25*dark) / spread
	if light {
		return -like
	}
	return like
}

// settle moves the warp by fractions of a module to where the fixed modules match
// best.
func (g *grid) settle(p *plane, w warp, n int, light bool) warp {
	size := float64(n)
	from := []Point{{3.5, 3.5}, {size - 3.5, 3.5}, {3.5, size - 3.5}, {size - 6.5, size - 6.5}}
	to := make([]Point, 4)
	for i, f := range from {
		to[i] = w.to(f.X, f.Y)
	}
	module := distance(to[0], to[1]) / (size - 7)
	score := g.match(p, &w, light)
	for step := 0.5 * module; step > 0.03*module; step /= 2 {
		for range 2 {
			moved := false
			for i := range 16 {
				was := to[i/4]
				to[i/4] = plus(was, [4]Point{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}[i%4], step)
				next, ok := square(n, from, to)
				if s := g.match(p, &next, light); ok && s > score {
					w, score, moved = next, s, true
				} else {
					to[i/4] = was
				}
			}
			if !moved {
				break
			}
		}
	}
	return w
}

func times(a Point, k float64) Point { return Point{k * a.X, k * a.Y} }

func unit(a Point) Point { return times(a, 1/math.Hypot(a.X, a.Y)) }

func abs(a int) int { return max(a, -a) }
