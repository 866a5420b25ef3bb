package screen

import (
	"reflect"
	"testing"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// TestPicturesAreDrawn: every picture that a View names has a drawing of its own,
// which moves, rests as what is to be reached, and keeps to its card.
func TestPicturesAreDrawn(t *testing.T) {
	s := newScreen(t, 1080, 1920, Options{})
	const w, h = 968, 559
	draw := func(name string, step int, still bool) []mark {
		b := s.brushFor(find(t, "identify"))
		b.step, b.still = step, still
		return b.picture(visit.Picture{Name: name}, w, h).marks
	}
	names := map[string]bool{}
	for _, v := range gallery(pack.VI) {
		for _, one := range v.Blocks {
			if p, ok := one.(visit.Picture); ok {
				names[p.Name] = true
			}
		}
	}
	for name := range names {
		end := draw(name, glideSteps, false)
		if name != "paper-slot" && reflect.DeepEqual(end, draw("paper-slot", glideSteps, false)) {
			t.Errorf("%s has no drawing", name)
		}
		if reflect.DeepEqual(end, draw(name, 0, false)) {
			t.Errorf("%s does not move", name)
		}
		for step := range glideRound {
			if !reflect.DeepEqual(end, draw(name, step, true)) {
				t.Errorf("%s moves for those who want less of it", name)
			}
			for _, m := range draw(name, step, false) {
				x, y := min(m.x, m.x+m.w), min(m.y, m.y+m.h)
				if x < -1 || y < -1 || max(m.x, m.x+m.w) > w+1 || max(m.y, m.y+m.h) > h+1 {
					t.Errorf("%s, step %d: %v leaves the card", name, step, m)
				}
			}
		}
	}
	if len(names) < 9 {
		t.Errorf("only %d pictures are in the gallery", len(names))
	}
}
