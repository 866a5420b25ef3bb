package station

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"motcua/devices/card"
	"motcua/devices/card/inspection"
	"motcua/devices/card/lds"
	"motcua/kiosk/identity"
	"motcua/kiosk/visit"
)

// portraitTime is when a portrait is wiped that nobody asked to be wiped: longer than
// the visit shows one.
const portraitTime = 45 * time.Second

// wall is where one portrait hangs while staff compare it with a person. It holds
// pixels, in memory only, and overwrites them when they are taken down. Its zero
// value is bare.
type wall struct {
	mu     sync.Mutex // guards what follows
	id     string     // "" = nothing hangs there
	pixels *image.RGBA
	end    *time.Timer
}

// hang takes down what hangs there, takes a copy of img and overwrites img. It gives
// the name under which the copy is to be had.
func (w *wall) hang(img image.Image) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.takeDown()
	size := img.Bounds().Size()
	w.pixels = image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(w.pixels, w.pixels.Rect, img, img.Bounds().Min, draw.Src)
	wipe(img)
	id := rand.Text()
	w.id = id
	w.end = time.AfterFunc(portraitTime, func() { w.bare(id) })
	return id
}

// bare takes down and overwrites the portrait of that name, whichever it is for "".
func (w *wall) bare(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" || id == w.id {
		w.takeDown()
	}
}

// takeDown overwrites what hangs there, if anything. The caller holds mu.
func (w *wall) takeDown() {
	if w.id == "" {
		return
	}
	w.end.Stop()
	clear(w.pixels.Pix)
	w.id, w.pixels, w.end = "", nil, nil
}

// fit gives a copy fitted into width×height, for the caller to overwrite; nil if it
// does not hang there. It scales without buffers of its own that nobody would wipe.
func (w *wall) fit(id string, width, height int) *image.RGBA {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" || id != w.id || w.pixels.Rect.Empty() {
		return nil
	}
	size := w.pixels.Rect.Size()
	k := min(float64(width)/float64(size.X), float64(height)/float64(size.Y))
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(k*float64(size.X))), max(1, int(k*float64(size.Y)))))
	draw.ApproxBiLinear.Scale(out, out.Rect, w.pixels, w.pixels.Rect, draw.Src, nil)
	return out
}

// wipe overwrites the pixels of a decoded picture.
func wipe(img image.Image) {
	switch img := img.(type) {
	case *image.YCbCr:
		clear(img.Y)
		clear(img.Cb)
		clear(img.Cr)
	case *image.Gray:
		clear(img.Pix)
	case *image.RGBA:
		clear(img.Pix)
	case *image.CMYK:
		clear(img.Pix)
	}
}

// Portrait gives a copy of the portrait that staff compare with a person, fitted into
// w×h pixels, for the caller to overwrite; nil once it was wiped. Safe for use by
// several goroutines.
func (s *Station) Portrait(id string, w, h int) *image.RGBA {
	if s.reader == nil {
		return nil
	}
	return s.reader.wall.fit(id, w, h)
}

// readPortrait begins to read the portrait of the card on the reader; without a
// reader it has failed.
func (s *Station) readPortrait(ctx context.Context, t visit.ReadPortrait) {
	if s.reader == nil {
		s.Post(visit.ChipFailed{Why: visit.ChipUnreadable})
		return
	}
	s.reader.begin(ctx, func(ctx context.Context, c card.Card, reached func(visit.ChipStep)) (visit.Event, error) {
		return s.portrait(ctx, c, t, reached)
	})
}

func (s *Station) dropPortrait(id string) {
	if s.reader != nil && id != "" {
		s.reader.wall.bare(id)
	}
}

// portrait reads and proves a card for its portrait and hangs that on the wall. What
// is wrong with a chip is an error; a chip without a picture that can be shown is
// none.
func (s *Station) portrait(ctx context.Context, c card.Card, t visit.ReadPortrait, reached func(visit.ChipStep)) (visit.Event, error) {
	keys, err := []lds.Secret{lds.Secret(t.Digits)}, error(nil)
	if t.Digits == "" {
		keys, err = opening(t.Person)
	}
	if err != nil {
		return nil, &chipError{visit.ChipLocked, err}
	}
	result, err := inspection.Inspect(ctx, c, inspection.Options{
		Passwords: keys, Groups: []lds.File{lds.DG1, lds.DG2}, Anchors: s.Anchors, Now: s.Now,
		Reached: func(step inspection.Step) { reached(steps[step]) },
	})
	if err != nil {
		return nil, err
	}
	defer result.Wipe()
	if against := result.Proof.Contradictions(); len(against) > 0 {
		return nil, &chipError{visit.ChipRefused, fmt.Errorf("card refused: %v", against)}
	}
	if result.Files[lds.SOD] == nil {
		return nil, &chipError{visit.ChipRefused, errUnsigned}
	}
	zone, err := lds.ReadDG1(result.Files[lds.DG1])
	if err != nil {
		return nil, &chipError{visit.ChipUnknown, err}
	}
	if number := t.Person.Number.Reveal(); number != "" && zone.PersonalNumber() != number {
		return nil, &chipError{visit.ChipDiffers, errOther}
	}
	read := visit.PortraitRead{Assurance: identity.Assurance(result.Proof.Level)}
	img, lack := face(result.Files[lds.DG2])
	if read.Lack = lack; lack == "" {
		read.ID = s.reader.wall.hang(img)
	}
	return read, nil
}

var (
	errUnsigned = errors.New("nothing on the card is signed")
	errOther    = errors.New("the number in the chip is not the one on the card")
)

// face draws the picture in DG2, or tells what it lacks.
func face(dg2 []byte) (image.Image, string) {
	if dg2 == nil {
		return nil, visit.PortraitNone
	}
	p, err := lds.ReadDG2(dg2)
	if err != nil {
		return nil, lack(err)
	}
	img, err := p.Draw()
	if err != nil {
		return nil, lack(err)
	}
	return img, ""
}

// lack is what a failure means to who wants to see the picture.
func lack(err error) string {
	switch {
	case errors.Is(err, lds.ErrNoFace):
		return visit.PortraitNone
	case errors.Is(err, lds.ErrNotDrawn):
		return visit.PortraitKind
	}
	return visit.PortraitSpoiled
}
