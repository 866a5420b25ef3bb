package screen

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// A lucide drawing is lines with round ends on a grid of 24×24 units
// (lucide.dev, "Icon design guide"): paths, circles, rectangles and straight lines.
const (
	lucideGrid   = 24
	lucideStroke = 1.75
)

// lucide draws an SVG file of lucide's in one ink, side pixels wide.
func lucide(svg io.Reader, side int, ink color.Color) (*image.RGBA, error) {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	p := pencil{k: float64(side) / lucideGrid,
		line: rasterx.NewStroker(side, side, rasterx.NewScannerGV(side, side, img, img.Bounds()))}
	p.line.SetStroke(p.fixed(lucideStroke), 0, rasterx.RoundCap, rasterx.RoundCap, rasterx.RoundGap, rasterx.Round)
	p.line.SetColor(ink)
	d := xml.NewDecoder(svg)
	for {
		token, err := d.Token()
		if err == io.EOF {
			return img, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := p.element(e); err != nil {
				return nil, err
			}
		}
	}
}

// pencil draws elements, k pixels a unit.
type pencil struct {
	k    float64
	line *rasterx.Stroker
}

func (p *pencil) fixed(v float64) fixed.Int26_6 { return fixed.Int26_6(math.Round(v * p.k * 64)) }

func (p *pencil) at(x, y float64) fixed.Point26_6 {
	return fixed.Point26_6{X: p.fixed(x), Y: p.fixed(y)}
}

func (p *pencil) element(e xml.StartElement) error {
	var wrong error
	num := func(name string) float64 {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				v, err := strconv.ParseFloat(a.Value, 64)
				if err != nil && wrong == nil {
					wrong = fmt.Errorf("%s of %s: %w", name, e.Name.Local, err)
				}
				return v
			}
		}
		return 0
	}
	var path rasterx.Path
	switch e.Name.Local {
	case "svg", "g", "title":
		return nil
	case "circle":
		rasterx.AddCircle(num("cx")*p.k, num("cy")*p.k, num("r")*p.k, &path)
	case "rect":
		x, y, r := num("x")*p.k, num("y")*p.k, max(num("rx"), num("ry"))*p.k
		rasterx.AddRoundRect(x, y, x+num("width")*p.k, y+num("height")*p.k, r, r, 0, rasterx.RoundGap, &path)
	case "line":
		path.Start(p.at(num("x1"), num("y1")))
		path.Line(p.at(num("x2"), num("y2")))
		path.Stop(false)
	case "path":
		for _, a := range e.Attr {
			if a.Name.Local == "d" {
				w := walker{pencil: p, path: &path, text: a.Value}
				if err := w.walk(); err != nil {
					return fmt.Errorf("path %q: %w", a.Value, err)
				}
			}
		}
	default:
		return fmt.Errorf("element %s is not one that lucide uses", e.Name.Local)
	}
	if wrong != nil {
		return wrong
	}
	path.AddTo(p.line)
	p.line.Draw()
	p.line.Clear()
	return nil
}

// walker reads path data (SVG 1.1, 8.3) and draws it.
type walker struct {
	*pencil
	path           *rasterx.Path
	text           string
	x, y           float64 // where the pencil is
	startX, startY float64 // where the subpath began
	ctrlX, ctrlY   float64 // the last control point of a curve
	last           byte
	open           bool
}

func (w *walker) walk() error {
	cmd := byte(0)
	for {
		w.text = strings.TrimLeft(w.text, " ,\t\n\r")
		if w.text == "" {
			if w.open {
				w.path.Stop(false)
			}
			return nil
		}
		if c := w.text[0]; c >= 'A' && c <= 'z' {
			cmd, w.text = c, w.text[1:]
		} else if cmd == 'z' || cmd == 'Z' || cmd == 0 {
			return fmt.Errorf("a number stands where a command is due: %q", w.text)
		}
		if err := w.segment(cmd); err != nil {
			return err
		}
		w.last = cmd
		switch cmd { // further pairs after a move are lines
		case 'M':
			cmd = 'L'
		case 'm':
			cmd = 'l'
		}
	}
}

// arity is how many numbers a segment takes.
var arity = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7, 'z': 0}

func (w *walker) segment(cmd byte) error {
	low := cmd | 0x20
	n, ok := arity[low]
	if !ok {
		return fmt.Errorf("unknown command %q", cmd)
	}
	var v [7]float64
	for i := range n {
		var err error
		if v[i], err = w.number(low == 'a' && (i == 3 || i == 4)); err != nil {
			return err
		}
	}
	if cmd == low { // relative
		switch low {
		case 'h':
			v[0] += w.x
		case 'v':
			v[0] += w.y
		case 'a':
			v[5], v[6] = v[5]+w.x, v[6]+w.y
		default:
			for i := 0; i+1 < n; i += 2 {
				v[i], v[i+1] = v[i]+w.x, v[i+1]+w.y
			}
		}
	}
	w.draw(low, v)
	return nil
}

func (w *walker) draw(low byte, v [7]float64) {
	switch low {
	case 'm':
		if w.open {
			w.path.Stop(false)
		}
		w.startX, w.startY = v[0], v[1]
		w.path.Start(w.at(v[0], v[1]))
		w.open = true
		w.move(v[0], v[1], v[0], v[1])
	case 'z':
		w.path.Stop(true)
		w.open = false
		w.move(w.startX, w.startY, w.startX, w.startY)
	case 'l':
		w.lineTo(v[0], v[1])
	case 'h':
		w.lineTo(v[0], w.y)
	case 'v':
		w.lineTo(w.x, v[0])
	case 'c':
		w.reopen()
		w.path.CubeBezier(w.at(v[0], v[1]), w.at(v[2], v[3]), w.at(v[4], v[5]))
		w.move(v[4], v[5], v[2], v[3])
	case 's':
		w.reopen()
		cx, cy := w.mirrored("cCsS")
		w.path.CubeBezier(w.at(cx, cy), w.at(v[0], v[1]), w.at(v[2], v[3]))
		w.move(v[2], v[3], v[0], v[1])
	case 'q':
		w.reopen()
		w.path.QuadBezier(w.at(v[0], v[1]), w.at(v[2], v[3]))
		w.move(v[2], v[3], v[0], v[1])
	case 't':
		w.reopen()
		cx, cy := w.mirrored("qQtT")
		w.path.QuadBezier(w.at(cx, cy), w.at(v[0], v[1]))
		w.move(v[0], v[1], cx, cy)
	case 'a':
		w.arc(v)
	}
}

func (w *walker) move(x, y, cx, cy float64) { w.x, w.y, w.ctrlX, w.ctrlY = x, y, cx, cy }

// reopen begins a subpath where the last was closed.
func (w *walker) reopen() {
	if !w.open {
		w.path.Start(w.at(w.x, w.y))
		w.open = true
	}
}

func (w *walker) lineTo(x, y float64) {
	w.reopen()
	w.path.Line(w.at(x, y))
	w.move(x, y, x, y)
}

// mirrored is the first control point of a smooth curve.
func (w *walker) mirrored(after string) (x, y float64) {
	if strings.IndexByte(after, w.last) < 0 {
		return w.x, w.y
	}
	return 2*w.x - w.ctrlX, 2*w.y - w.ctrlY
}

func (w *walker) arc(v [7]float64) {
	w.reopen()
	rx, ry := math.Abs(v[0]), math.Abs(v[1])
	if rx == 0 || ry == 0 || v[5] == w.x && v[6] == w.y {
		w.lineTo(v[5], v[6])
		return
	}
	cx, cy := rasterx.FindEllipseCenter(&rx, &ry, v[2]*math.Pi/180, w.x, w.y, v[5], v[6], v[4] == 0, v[3] == 0)
	k := w.k
	rasterx.AddArc([]float64{rx * k, ry * k, v[2], v[3], v[4], v[5] * k, v[6] * k}, cx*k, cy*k, w.x*k, w.y*k, w.path)
	w.move(v[5], v[6], v[5], v[6])
}

// number reads one number; a flag of an arc is a single digit.
func (w *walker) number(flag bool) (float64, error) {
	w.text = strings.TrimLeft(w.text, " ,\t\n\r")
	end, dot := 0, false
	for end < len(w.text) {
		c := w.text[end]
		switch {
		case c >= '0' && c <= '9':
		case (c == '-' || c == '+') && end == 0:
		case c == '.' && !dot:
			dot = true
		default:
			c = 0
		}
		if c == 0 {
			break
		}
		end++
		if flag {
			break
		}
	}
	v, err := strconv.ParseFloat(w.text[:end], 64)
	if err != nil {
		return 0, fmt.Errorf("no number at %q", w.text)
	}
	w.text = w.text[end:]
	return v, nil
}
