package screen

import (
	"testing"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// BenchmarkLayout lays the gallery out, one View a turn.
func BenchmarkLayout(b *testing.B) {
	s := newScreen(b, 1080, 1920, Options{})
	views := gallery(pack.VI)
	s.Show(views[1])
	i := 0
	for b.Loop() {
		v := views[i%len(views)]
		br := s.brushFor(v)
		br.set(v, 1080/br.unit, 1920/br.unit)
		i++
	}
}

// BenchmarkShow shows the gallery, one View a turn, without painting pixels.
func BenchmarkShow(b *testing.B) {
	s := newScreen(b, 1080, 1920, Options{})
	views := gallery(pack.VI)
	i := 0
	for b.Loop() {
		s.Show(views[i%len(views)])
		i++
	}
}

// BenchmarkKey shows what the press of a key changes, without painting pixels.
func BenchmarkKey(b *testing.B) {
	s := newScreen(b, 1080, 1920, Options{})
	words := "nguyễn ánh dương "
	i := 0
	for b.Loop() {
		s.Show(typed(words[:i%len(words)]))
		i++
	}
}

// typed is the question for a name with text typed in.
func typed(text string) visit.View {
	for _, v := range gallery(pack.VI) {
		if v.Screen == "question" && v.Step == "" {
			v.Blocks = append([]visit.Block(nil), v.Blocks...)
			f := v.Blocks[2].(visit.Field)
			f.Value = text
			v.Blocks[2] = f
			return v
		}
	}
	panic("no question in the gallery")
}
