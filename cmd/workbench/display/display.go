// Package display is an X display as a person in front of it has it: touch it,
// look at it. Touches go through the XTEST extension, so that the program under
// them cannot tell them from a finger's.
package display

import (
	"errors"
	"fmt"
	"image"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Display is an open X display. Its methods may be called by several
// goroutines; touches never mix.
type Display struct {
	name string
	conn *xgb.Conn
	root xproto.Window
	size image.Point
	turn chan struct{} // one slot: who holds it has the finger
	xvfb *xvfb         // nil = not ours
}

// Open connects to a display that is there, such as ":0"; "" means $DISPLAY.
func Open(name string) (*Display, error) {
	if name == "" {
		name = os.Getenv("DISPLAY")
	}
	if name == "" {
		return nil, errors.New("display: none: set DISPLAY")
	}
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, fmt.Errorf("display %s: %w", name, err)
	}
	if err := xtest.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %s: no XTEST extension: %w", name, err)
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	return &Display{
		name: name, conn: conn, root: screen.Root,
		size: image.Pt(int(screen.WidthInPixels), int(screen.HeightInPixels)),
		turn: make(chan struct{}, 1),
	}, nil
}

// Name is what DISPLAY must be for a program to come up here.
func (d *Display) Name() string { return d.name }

// Size is the display's size in pixels.
func (d *Display) Size() image.Point { return d.size }

// Close leaves the display, and ends it if Start started it.
func (d *Display) Close() error {
	d.conn.Close()
	if d.xvfb != nil {
		return d.xvfb.end()
	}
	return nil
}

// Touch puts a finger down at a point of the display and lifts it.
func (d *Display) Touch(at image.Point) error {
	d.turn <- struct{}{}
	defer func() { <-d.turn }()
	if !at.In(image.Rectangle{Max: d.size}) {
		return fmt.Errorf("display %s: %v is outside of its %v", d.name, at, d.size)
	}
	const button = 1
	for _, step := range []struct{ kind, detail byte }{
		{xproto.MotionNotify, 0}, {xproto.ButtonPress, button}, {xproto.ButtonRelease, button},
	} {
		err := xtest.FakeInputChecked(d.conn, step.kind, step.detail, 0, d.root, int16(at.X), int16(at.Y), 0).Check()
		if err != nil {
			return fmt.Errorf("display %s: touch: %w", d.name, err)
		}
	}
	return nil
}

// Window finds the one window of this size that is shown, and tells where it
// lies. Programs' own windows lie below the root, or below a frame of the
// window manager.
func (d *Display) Window(size image.Point) (image.Rectangle, error) {
	var found []image.Rectangle
	if err := d.walk(d.root, image.Point{}, func(r image.Rectangle) bool {
		if r.Size() == size {
			found = append(found, r)
			return true
		}
		return false
	}); err != nil {
		return image.Rectangle{}, fmt.Errorf("display %s: %w", d.name, err)
	}
	if len(found) == 0 {
		return image.Rectangle{}, fmt.Errorf("display %s: no window of %v is shown", d.name, size)
	}
	return found[len(found)-1], nil // the topmost
}

// walk visits the shown windows below w, bottom to top, and goes into one
// unless stop says that it is what was looked for.
func (d *Display) walk(w xproto.Window, at image.Point, stop func(image.Rectangle) bool) error {
	tree, err := xproto.QueryTree(d.conn, w).Reply()
	if err != nil {
		return err
	}
	for _, child := range tree.Children {
		attr, err := xproto.GetWindowAttributes(d.conn, child).Reply()
		if err != nil || attr.MapState != xproto.MapStateViewable {
			continue // gone meanwhile, or not shown
		}
		g, err := xproto.GetGeometry(d.conn, xproto.Drawable(child)).Reply()
		if err != nil {
			continue
		}
		min := at.Add(image.Pt(int(g.X)+int(g.BorderWidth), int(g.Y)+int(g.BorderWidth)))
		r := image.Rectangle{Min: min, Max: min.Add(image.Pt(int(g.Width), int(g.Height)))}
		if stop(r) {
			continue
		}
		if err := d.walk(child, min, stop); err != nil {
			return err
		}
	}
	return nil
}

// Picture takes a picture of a part of the display as it is now.
func (d *Display) Picture(part image.Rectangle) (*image.RGBA, error) {
	part = part.Intersect(image.Rectangle{Max: d.size})
	const allPlanes = 1<<32 - 1
	reply, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.root),
		int16(part.Min.X), int16(part.Min.Y), uint16(part.Dx()), uint16(part.Dy()), allPlanes).Reply()
	if err != nil {
		return nil, fmt.Errorf("display %s: picture: %w", d.name, err)
	}
	const bytesPerPixel = 4
	if len(reply.Data) != part.Dx()*part.Dy()*bytesPerPixel {
		return nil, fmt.Errorf("display %s: picture: want 24 bits a pixel in 4 bytes, depth is %d", d.name, reply.Depth)
	}
	img := image.NewRGBA(image.Rectangle{Max: part.Size()})
	for i := 0; i < len(reply.Data); i += bytesPerPixel { // blue, green, red, unused
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = reply.Data[i+2], reply.Data[i+1], reply.Data[i], 0xff
	}
	return img, nil
}
