package stage

import (
	"image"
	"testing"
)

func TestFit(t *testing.T) {
	for _, tc := range []struct{ room, want image.Point }{
		{image.Pt(3840, 2160), image.Pt(1080, 1920)},
		{image.Pt(1080, 1920), image.Pt(972, 1728)},
		{image.Pt(1920, 1200), image.Pt(1280, 800)},
		{image.Pt(1366, 768), image.Pt(1105, 690)},
	} {
		if w, h := fit(tc.room); image.Pt(w, h) != tc.want {
			t.Errorf("fit(%v) = %d×%d, want %v", tc.room, w, h, tc.want)
		}
	}
}
