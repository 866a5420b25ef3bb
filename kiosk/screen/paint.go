package screen

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// An easel keeps the canvas objects of the marks that are shown. What is equal
// in the next list keeps its objects, and so its textures; the rest is let go.
type easel struct {
	faces  *faces
	icons  *icons
	plates *plates
	// portrait is Options.Portrait.
	portrait func(id string, w, h int) *image.RGBA
	moon     image.Image // the last gate, as the attract page comes back often
	moonOf   mark
	ground   color.NRGBA // what the window is cleared in
	shown    map[mark][]fyne.CanvasObject
	large    map[mark][]fyne.CanvasObject // backgrounds, kept while something else is shown
	objects  []fyne.CanvasObject
}

// hang replaces what is shown by marks, which are in pixels. It tells how many
// marks it had to draw anew.
func (e *easel) hang(marks []mark) (fresh int) {
	next := make(map[mark][]fyne.CanvasObject, len(marks))
	objects := make([]fyne.CanvasObject, 0, len(marks)+16)
	for i, m := range marks {
		if i == 0 && m.kind == box && m.fill == e.ground {
			continue // the window is cleared in that colour
		}
		if _, twice := next[m]; twice {
			continue
		}
		made, ok := e.shown[m]
		if !ok {
			made, ok = e.large[m]
		}
		if !ok {
			made = e.make(m)
			fresh++
			e.keep(m, made)
		}
		next[m] = made
		objects = append(objects, made...)
	}
	for m, gone := range e.shown {
		_, still := next[m]
		if _, kept := e.large[m]; !still && !kept {
			release(gone)
			if m.kind == photo {
				wipe(gone)
			}
		}
	}
	e.shown, e.objects = next, objects
	return fresh
}

// keep holds on to the backgrounds, which are megabytes each and come back with
// every visitor: made anew each time, they leave the memory in holes.
func (e *easel) keep(m mark, made []fyne.CanvasObject) {
	if m.kind != shade && m.kind != moon {
		return
	}
	if len(e.large) >= mostLarge {
		for old, objects := range e.large {
			if _, shown := e.shown[old]; !shown {
				release(objects)
			}
		}
		clear(e.large)
	}
	e.large[m] = made
}

// mostLarge is how many backgrounds are kept: gate and gradient of two themes.
const mostLarge = 4

// release gives back the textures of what is no longer shown with the next
// frame: a refreshed object lets its texture go, and one that is in no tree gets
// no new one. By itself Fyne keeps them for a minute more, which in a hurried
// hall, and with a background of eight megabytes, comes to several hundred.
func release(objects []fyne.CanvasObject) {
	for _, o := range objects {
		canvas.Refresh(o)
	}
}

// wipe overwrites pictures that are no longer shown.
func wipe(objects []fyne.CanvasObject) {
	for _, o := range objects {
		if img, ok := o.(*canvas.Image); ok {
			if pixels, ok := img.Image.(*image.RGBA); ok {
				clear(pixels.Pix)
			}
		}
	}
}

// photo shows a portrait as it is, pixel by pixel: whoever scaled it would make a
// copy that nobody overwrites.
func (e *easel) photo(m mark) []fyne.CanvasObject {
	if e.portrait == nil || m.w < 1 || m.h < 1 {
		return nil
	}
	pixels := e.portrait(m.text, int(m.w), int(m.h))
	if pixels == nil {
		return nil
	}
	size := pixels.Bounds().Size()
	w, h := float32(size.X), float32(size.Y)
	img := canvas.NewImageFromImage(pixels)
	img.ScaleMode = canvas.ImageScalePixels
	img.Move(fyne.NewPos(m.x+float32(int(m.w-w)/2), m.y+float32(int(m.h-h)/2)))
	img.Resize(fyne.NewSize(w, h))
	return []fyne.CanvasObject{img}
}

func (e *easel) make(m mark) []fyne.CanvasObject {
	at := func(o fyne.CanvasObject) []fyne.CanvasObject {
		o.Move(fyne.NewPos(m.x, m.y))
		o.Resize(fyne.NewSize(m.w, m.h))
		return []fyne.CanvasObject{o}
	}
	switch m.kind {
	case words:
		return []fyne.CanvasObject{e.text(m)}
	case icon:
		img := canvas.NewImageFromImage(e.icons.at(m.text, int(min(m.w, m.h)), m.fill))
		img.ScaleMode = canvas.ImageScalePixels
		m.w = min(m.w, m.h)
		m.h = m.w
		return at(img)
	case qr:
		side := int(min(m.w, m.h))
		img := canvas.NewImageFromImage(qrImage(m.text, side, m.fill, m.ground))
		img.ScaleMode = canvas.ImageScalePixels
		m.w, m.h = float32(side), float32(side)
		return at(img)
	case photo:
		return e.photo(m)
	case moon:
		if e.moon == nil || e.moonOf != m {
			e.moon, e.moonOf = moonImage(m), m
		}
		img := canvas.NewImageFromImage(e.moon)
		img.ScaleMode = canvas.ImageScalePixels
		return at(img)
	case shade:
		return at(canvas.NewVerticalGradient(m.fill, m.edge))
	case ring:
		return e.ring(m)
	case stroke:
		return e.stroke(m)
	}
	return e.plates.show(m)
}

// text stands with its letters, from ascent to descent, in the middle of its
// line and with its base line on a whole pixel.
func (e *easel) text(m mark) fyne.CanvasObject {
	t := canvas.NewText(m.text, m.fill)
	t.TextSize, t.FontSource = m.size, e.faces.weights[m.weight]
	line := m.y + (m.h-m.size*(ascent+descent)/unitsPerEm)/2 + m.size*ascent/unitsPerEm
	above := float32(math.Ceil(float64(m.size * headroom / unitsPerEm)))
	t.Move(fyne.NewPos(m.x, float32(math.Round(float64(line)))-above))
	t.Resize(t.MinSize())
	return t
}

// ring is a full ring, or a part of one with round ends.
func (e *easel) ring(m mark) []fyne.CanvasObject {
	if m.to-m.from >= 360 {
		return e.plates.show(mark{x: m.x, y: m.y, w: m.w, h: m.h, radius: m.w / 2, edge: m.fill, edgeW: m.edgeW})
	}
	a := canvas.NewArc(m.from, m.to, 1-2*m.edgeW/m.w, m.fill)
	a.Move(fyne.NewPos(m.x, m.y))
	a.Resize(fyne.NewSize(m.w, m.h))
	out := []fyne.CanvasObject{a}
	r := (m.w - m.edgeW) / 2
	for _, deg := range [...]float32{m.from, m.to} {
		sin, cos := math.Sincos(float64(deg) * math.Pi / 180)
		out = append(out, dot(m.x+m.w/2+r*float32(sin), m.y+m.h/2-r*float32(cos), m.edgeW, m.fill))
	}
	return out
}

func (e *easel) stroke(m mark) []fyne.CanvasObject {
	l := canvas.NewLine(m.fill)
	l.StrokeWidth = m.edgeW
	l.Position1, l.Position2 = fyne.NewPos(m.x, m.y), fyne.NewPos(m.x+m.w, m.y+m.h)
	out := []fyne.CanvasObject{l}
	if m.fill.A == 255 { // dots on a translucent line would show
		out = append(out, dot(m.x, m.y, m.edgeW, m.fill), dot(m.x+m.w, m.y+m.h, m.edgeW, m.fill))
	}
	return out
}

func dot(x, y, d float32, fill color.Color) fyne.CanvasObject {
	c := canvas.NewCircle(fill)
	c.Move(fyne.NewPos(x-d/2, y-d/2))
	c.Resize(fyne.NewSize(d, d))
	return c
}
