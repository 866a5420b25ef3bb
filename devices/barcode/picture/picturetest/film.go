package picturetest

import (
	"image"
	"math"
	"math/rand/v2"
)

// film is a picture while it is made, in levels from 0 to 255 and beyond.
type film struct {
	w, h  int
	level []float32
}

func newFilm(w, h int) *film { return &film{w, h, make([]float32, w*h)} }

// scene tells the light at a point of the picture; fine = the point lies where
// edges are close together, so that one point is not enough for a pixel.
type scene func(x, y float64) (level float64, fine bool)

// expose takes the scene: a pixel is the mean over its square.
func (f *film) expose(at scene) {
	const n = 3
	for y := range f.h {
		for x := range f.w {
			level, fine := at(float64(x), float64(y))
			if fine {
				level = 0
				for i := range n * n {
					l, _ := at(float64(x)+(float64(i%n)+0.5)/n-0.5, float64(y)+(float64(i/n)+0.5)/n-0.5)
					level += l / (n * n)
				}
			}
			f.level[y*f.w+x] = float32(level)
		}
	}
}

// blur is a lens out of focus, near enough: a bell of that standard deviation.
func (f *film) blur(sigma float64) {
	n := int(math.Ceil(2.5 * sigma))
	if n == 0 {
		return
	}
	bell, sum := make([]float32, 2*n+1), float32(0)
	for i := range bell {
		bell[i] = float32(math.Exp(-0.5 * float64((i-n)*(i-n)) / (sigma * sigma)))
		sum += bell[i]
	}
	for i := range bell {
		bell[i] /= sum
	}
	out := make([]float32, len(f.level))
	for pass := range 2 {
		step, count := 1, f.w
		if pass == 1 {
			step, count = f.w, f.h
		}
		for p := range f.level {
			at := p % f.w
			if pass == 1 {
				at = p / f.w
			}
			var v float32
			if at >= n && at+n < count {
				for i, b := range bell {
					v += b * f.level[p+(i-n)*step]
				}
			} else {
				for i, b := range bell {
					v += b * f.level[p+(min(max(at+i-n, 0), count-1)-at)*step]
				}
			}
			out[p] = v
		}
		f.level, out = out, f.level
	}
}

// smear is a hand that moved by that many pixels while the shutter was open.
func (f *film) smear(length, dir float64) {
	if length <= 0 {
		return
	}
	const n = 7
	var at [n]int
	for i := range n {
		d := length * (float64(i)/(n-1) - 0.5)
		at[i] = int(math.Round(d*math.Sin(dir)))*f.w + int(math.Round(d*math.Cos(dir)))
	}
	out := make([]float32, len(f.level))
	for p := range f.level {
		var v float32
		for _, d := range at {
			v += f.level[min(max(p+d, 0), len(f.level)-1)] / n
		}
		out[p] = v
	}
	f.level = out
}

// develop adds the sensor's noise and clips.
func (f *film) develop(r *rand.Rand, noise float64) *image.Gray {
	grains := make([]float32, 1<<14)
	for i := range grains {
		grains[i] = float32(r.NormFloat64() * noise)
	}
	img := image.NewGray(image.Rect(0, 0, f.w, f.h))
	var offset uint32
	for i, v := range f.level {
		if i%97 == 0 {
			offset = r.Uint32()
		}
		v += grains[(offset+uint32(i))%uint32(len(grains))]
		img.Pix[i] = uint8(min(max(v+0.5, 0), 255))
	}
	return img
}

// scene gives what the shot's camera looks at.
func (s *Shot) scene() scene {
	// The card's plane is in modules, its origin at the code's centre.
	sinT, cosT := math.Sincos(s.Turn)
	sinA, cosA := math.Sincos(s.axis)
	sinTilt, cosTilt := math.Sincos(s.Tilt)
	sinL, cosL := math.Sincos(s.toLight)
	half := 20.0
	if s.code != nil {
		half = float64(s.code.GetMatrix().GetWidth()) / 2
	}
	paper := half + s.margin
	reach := 2 * half * s.Module
	return func(x, y float64) (float64, bool) {
		dx, dy := x-s.x, y-s.y
		// Along the tilt's axis and across it; across is foreshortened.
		a, b := dx*cosA+dy*sinA, -dx*sinA+dy*cosA
		depth := away / (away*cosTilt - b*sinTilt)
		a, b = a*depth*cosTilt, b*depth
		px, py := a*cosA-b*sinA, a*sinA+b*cosA
		u, v := (px*cosT+py*sinT)/s.Module, (-px*sinT+py*cosT)/s.Module

		white, fine := 0.0, false
		edge := math.Max(math.Abs(u), math.Abs(v))
		switch {
		case s.code != nil && edge < half:
			white, fine = 1, true
			if s.code.GetMatrix().Get(int(u+half), int(v+half)) == 1 {
				white = 0
			}
		case edge < paper:
			white, fine = 1, edge > paper-0.5 || edge < half+0.5
		default:
			white = s.around(u, v, paper)
		}
		level := s.Dark + (s.Light-s.Dark)*white
		// Light falls off to one side, and something may stand in it.
		along := (dx*cosL + dy*sinL)
		level *= 1 - s.Gradient*min(max(0.5+along/reach, 0), 1)
		if along > s.shadow { // never if there is none
			level *= 0.55
		}
		if s.Flare > 0 {
			r2 := ((x-s.flareX)*(x-s.flareX) + (y-s.flareY)*(y-s.flareY)) / (s.flareR * s.flareR)
			level += s.Flare * math.Exp(-r2*r2)
		}
		return level, fine
	}
}

// around is what lies beside the code: print on the card, and the desk.
func (s *Shot) around(u, v, paper float64) float64 {
	if s.Kind == Screen {
		if math.Abs(u) < paper*1.1 && math.Abs(v) < paper*2.2 {
			return 0.25 + 0.05*math.Sin(u/3)
		}
		return 0.55 + 0.1*math.Sin(u/17+v/11)
	}
	// The card is 85.6 by 54 mm, its code 18 mm, in the upper right.
	const mm = 1.0 / 18
	w := 2 * (paper - s.margin) * mm
	x, y := u/w+70, v/w+15
	if x < 0 || y < 0 || x > 85.6 || y > 54 {
		return 0.45 + 0.12*math.Sin(u/9+3*math.Sin(v/23)) // the desk's grain
	}
	// Lines of print, guilloches and a portrait.
	if line := math.Mod(y, 5); x > 28 && line > 1 && line < 3.2 && y > 28 {
		if int(x*1.7)%3 != 0 && int(y/5+x*2.3)%2 == 0 {
			return 0.15
		}
	}
	if x > 4 && x < 24 && y > 20 && y < 48 {
		return 0.35 + 0.2*math.Sin(x/4)*math.Sin(y/5)
	}
	return 0.86 + 0.08*math.Sin(2*x+4*math.Sin(y/6))*math.Sin(1.3*y)
}
