package station

import (
	"context"
	"image"
	"image/color"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices/card"
	"motcua/kiosk/visit"
)

// blank tells that every byte is overwritten.
func blank(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// sitter is a picture that is all ones.
func sitter() *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, 24, 32), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
		for i := range plane {
			plane[i] = 0x90
		}
	}
	return img
}

// TestWall: a portrait is had under its name only, keeps its proportions, and is
// overwritten when it is taken down, replaced, or hangs for too long.
func TestWall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wall
		img := sitter()
		id := w.hang(img)
		if !blank(img.Y) || !blank(img.Cb) || !blank(img.Cr) {
			t.Error("what was decoded is not overwritten")
		}
		one := w.fit(id, 300, 320)
		if one == nil || one.Rect.Size() != image.Pt(240, 320) {
			t.Fatalf("fitted into 300×320 it is %v", one.Rect)
		}
		if one.RGBAAt(120, 160) == (color.RGBA{}) {
			t.Error("there is nothing on it")
		}
		if w.fit("", 300, 320) != nil || w.fit("another", 300, 320) != nil {
			t.Error("it is given under any name")
		}
		kept := w.pixels.Pix
		w.bare("another")
		if w.fit(id, 8, 8) == nil {
			t.Error("taken down under another name")
		}
		w.bare(id)
		w.bare(id)
		if !blank(kept) || w.fit(id, 8, 8) != nil {
			t.Error("it was not overwritten")
		}

		first := w.hang(sitter())
		kept = w.pixels.Pix
		second := w.hang(sitter())
		if !blank(kept) || w.fit(first, 8, 8) != nil {
			t.Error("the one before it is still there")
		}
		kept = w.pixels.Pix
		<-time.After(portraitTime - time.Second)
		if w.fit(second, 8, 8) == nil {
			t.Error("taken down too early")
		}
		<-time.After(time.Second)
		synctest.Wait()
		if !blank(kept) || w.fit(second, 8, 8) != nil {
			t.Error("it hangs for ever")
		}
		for _, img := range []image.Image{image.NewGray(image.Rect(0, 0, 3, 4)), image.NewCMYK(image.Rect(0, 0, 3, 4)), image.NewRGBA(image.Rect(0, 0, 0, 0))} {
			w.bare(w.hang(img))
		}
	})
}

// TestPortraitNobodyHearsOf: what was read when nobody waits for it any more hangs
// nowhere.
func TestPortraitNobodyHearsOf(t *testing.T) {
	for name, play := range map[string]func(b *table, done chan struct{}){
		"dropped before": func(b *table, done chan struct{}) { b.drop(); done <- struct{}{} },
		"lifted before":  func(b *table, done chan struct{}) { b.unit.Lift(); synctest.Wait(); done <- struct{}{} },
		"dropped after":  func(b *table, done chan struct{}) { done <- struct{}{}; synctest.Wait(); b.drop() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTable(t)
				b.lay(t)
				synctest.Wait()
				done := make(chan struct{})
				var kept []byte
				b.begin(t.Context(), func(context.Context, card.Card, func(visit.ChipStep)) (visit.Event, error) {
					<-done
					id := b.wall.hang(sitter())
					b.wall.mu.Lock()
					kept = b.wall.pixels.Pix
					b.wall.mu.Unlock()
					return visit.PortraitRead{ID: id}, nil
				})
				synctest.Wait()
				play(b, done)
				synctest.Wait()
				if !blank(kept) || b.wall.id != "" {
					t.Error("it hangs there")
				}
			})
		})
	}
}
