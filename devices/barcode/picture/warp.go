package picture

import "math"

// warp is a view of a plane: from its own places to those in the picture, by
// (ax+by+c)/(gx+hy+1), (dx+ey+f)/(gx+hy+1).
type warp [8]float64

// to gives the place in the picture.
func (w *warp) to(x, y float64) Point {
	k := 1 / (w[6]*x + w[7]*y + 1)
	return Point{(w[0]*x + w[1]*y + w[2]) * k, (w[3]*x + w[4]*y + w[5]) * k}
}

// fitWarp gives the warp that comes closest to taking each place of from to that
// of to, by least squares; four of them fix it. ok is false if none does, for
// places in a row.
func fitWarp(from, to []Point) (w warp, ok bool) {
	var a [8][9]float64 // normal equations
	add := func(row *[9]float64) {
		for i := range 8 {
			for j := range 9 {
				a[i][j] += row[i] * row[j]
			}
		}
	}
	for i, p := range from {
		q := to[i]
		add(&[9]float64{p.X, p.Y, 1, 0, 0, 0, -p.X * q.X, -p.Y * q.X, q.X})
		add(&[9]float64{0, 0, 0, p.X, p.Y, 1, -p.X * q.Y, -p.Y * q.Y, q.Y})
	}
	x, ok := solve(&a)
	return warp(x), ok
}

// solve solves eight linear equations; ok is false if they do not fix all unknowns.
func solve(a *[8][9]float64) (x [8]float64, ok bool) {
	for i := range 8 {
		best := i
		for j := i; j < 8; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[best][i]) {
				best = j
			}
		}
		if math.Abs(a[best][i]) < 1e-12 {
			return x, false
		}
		a[i], a[best] = a[best], a[i]
		for j := range 8 {
			if j == i {
				continue
			}
			k := a[j][i] / a[i][i]
			for c := i; c < 9; c++ {
				a[j][c] -= k * a[i][c]
			}
		}
	}
	for i := range 8 {
		x[i] = a[i][8] / a[i][i]
	}
	return x, true
}

// square fits a warp to places in modules of a code of that many. The equations
// are solved in halves of the code, or their terms would differ by a million.
func square(modules int, from, to []Point) (w warp, ok bool) {
	half := float64(modules) / 2
	var middle Point
	for _, p := range to {
		middle = plus(middle, p, 1/float64(len(to)))
	}
	var reach float64
	for _, p := range to {
		reach = max(reach, distance(p, middle))
	}
	if reach == 0 {
		return warp{}, false
	}
	f, t := make([]Point, len(from)), make([]Point, len(to))
	for i := range from {
		f[i] = Point{from[i].X/half - 1, from[i].Y/half - 1}
		t[i] = Point{(to[i].X - middle.X) / reach, (to[i].Y - middle.Y) / reach}
	}
	n, ok := fitWarp(f, t)
	if !ok {
		return warp{}, false
	}
	// Back: x of the plane is half*(x'+1), and the picture's is middle+reach*x'.
	g, h := n[6]/half, n[7]/half
	last := 1 - n[6] - n[7]
	line := func(a, b, c, m float64) (float64, float64, float64) {
		a, b, c = reach*a+m*n[6], reach*b+m*n[7], reach*c+m
		return a / half, b / half, c - a - b
	}
	w[0], w[1], w[2] = line(n[0], n[1], n[2], middle.X)
	w[3], w[4], w[5] = line(n[3], n[4], n[5], middle.Y)
	w[6], w[7] = g, h
	if math.Abs(last) < 1e-9 {
		return warp{}, false
	}
	for i := range w {
		w[i] /= last
	}
	return w, true
}
