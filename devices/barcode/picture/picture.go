// Package picture reads QR codes in pictures: frames of a camera, photographs,
// scans.
//
// What a dense code on a card needs before its bits can be told is done here: its
// corners are looked for along lines, at the places where light and dark change
// and not by a threshold, so that neither blur nor uneven light hides them; the
// code's plane is fitted to all that a code's standard fixes (ISO/IEC 18004:2015,
// 6.3), to a fraction of a pixel; then each module's level is measured where it
// lies, and thresholds are tried in turn. What the bits say, gozxing tells:
// format, unmasking, error correction and character sets are its own. Its own
// detectors, which ask for more pixels a module than a camera has of a card, have
// the last try.
package picture

import (
	"errors"
	"fmt"
	"image"
	"log/slog"
	"slices"

	"motcua/devices/barcode/content"
)

// ErrNone: no code that can be read is in the picture.
var ErrNone = errors.New("no code in the picture that can be read")

// Found is a code in a picture. It prints redacted, as a barcode.Code does.
type Found struct {
	// Text is the content as NFC UTF-8. It may be personal data: never log it.
	Text string
	// Raw is the content as the code holds it; also personal.
	Raw []byte
	// Version is the code's size by the standard, 1 (21 modules) to 40 (177); 0 if
	// gozxing's own detectors found it.
	Version int
	// Corners are the code's outer corners in the picture, from its own top left
	// clockwise, in pixels; 3.5 modules further in if Version is 0.
	Corners [4]Point
	// Way tells which of the tries read it, for those who tune them.
	Way string
}

const redacted = "code (redacted)"

// Format prints "code (redacted)" under every verb.
func (Found) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue prints the same in logs.
func (Found) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives the same in JSON.
func (Found) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Point is a place in a picture: whole numbers are the centres of pixels.
type Point struct{ X, Y float64 }

// Reader reads pictures, one at a time. It keeps its memory from picture to
// picture; the zero Reader is ready. For one goroutine.
type Reader struct {
	levels []plane // the picture and its reductions, each half the one before
	soft   plane
	failed []corners // what was tried on this picture, in places of its first level
	search search
	grid   grid
}

// most is the size, in pixels, past which a picture is looked at in a reduction
// first: a photograph of a card has more pixels than its code needs.
const most = 1500 * 1100

// Read gives the code in img. When there are several it gives the one that it
// comes upon first. It fails with ErrNone when there is none. How long it takes is
// bounded by the picture's size; a frame of 1280 by 720 takes some 10 ms.
func (r *Reader) Read(img *image.Gray) (Found, error) {
	r.reduce(img)
	at := 0 // the first level that is not too large
	for at+1 < len(r.levels) && r.levels[at].w*r.levels[at].h > most {
		at++
	}
	r.failed = r.failed[:0]
	for _, try := range r.tries(at) {
		if found, ok := r.try(try); ok {
			found.Text = content.Text(found.Raw)
			return found, nil
		}
	}
	return Found{}, ErrNone
}

// try is one way to look at a picture.
type try struct {
	name  string
	level int
	soft  bool // smoothed against noise
	whole bool // by gozxing's own detectors
}

// tries are the ways in turn: what reads most codes soonest comes first.
func (r *Reader) tries(at int) []try {
	all := []try{{name: "plain", level: at}, {name: "soft", level: at, soft: true}}
	if at+1 < len(r.levels) {
		all = append(all, try{name: "half", level: at + 1})
	}
	if at > 0 {
		all = append(all, try{name: "twice", level: at - 1})
	}
	return append(all, try{name: "gozxing", level: at, whole: true})
}

// try looks at the picture in one way.
func (r *Reader) try(t try) (Found, bool) {
	p := &r.levels[t.level]
	scale := float64(int(1) << t.level)
	var found Found
	var ok bool
	if t.whole {
		found, ok = r.region(p, scale)
	} else {
		seen := p
		if t.soft {
			p.soften(&r.soft)
			seen = &r.soft
		}
		found, ok = r.sight(p, seen, scale)
	}
	if !ok {
		return Found{}, false
	}
	found.Way = t.name + found.Way
	for i, c := range found.Corners {
		found.Corners[i] = Point{(c.X+0.5)*scale - 0.5, (c.Y+0.5)*scale - 0.5}
	}
	return found, true
}

// budget is how many sets of corners a picture is worth in all, so that print that
// looks like corners cannot hold the camera up.
const budget = 24

// sight looks for corners in seen and reads the code between them in p. What was
// between the same corners before is not tried again.
func (r *Reader) sight(p, seen *plane, scale float64) (Found, bool) {
	for _, c := range r.search.corners(seen) {
		if len(r.failed) == budget {
			break
		}
		known := c
		for i := range known.at {
			known.at[i].Point = times(c.at[i].Point, scale)
		}
		if slices.ContainsFunc(r.failed, known.same) {
			continue
		}
		if found, ok := r.grid.read(p, c); ok {
			return found, true
		}
		r.failed = append(r.failed, known)
	}
	return Found{}, false
}

// same tells that the corners are where others are, near enough to read no better.
func (c corners) same(other corners) bool {
	for i := range c.at {
		if c.light != other.light || distance(c.at[i].Point, other.at[i].Point) > 0.75 {
			return false
		}
	}
	return true
}

// reduce takes the picture in.
func (r *Reader) reduce(img *image.Gray) {
	b := img.Bounds()
	r.levels = append(r.levels[:0:cap(r.levels)], plane{})
	if b.Empty() {
		return
	}
	r.levels[0] = plane{pix: img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], w: b.Dx(), h: b.Dy(), stride: img.Stride}
	for i := 0; r.levels[i].w >= 160 && r.levels[i].h >= 160 && i < 4; i++ {
		r.levels = append(r.levels, plane{})
		r.levels[i].half(&r.levels[i+1])
	}
}
