package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// look is the Fyne theme: our typeface and ground, for the moment before the
// first View and for whatever Fyne itself may draw.
type look struct {
	fyne.Theme
	faces  *faces
	ground color.NRGBA
}

func newLook(f *faces) *look {
	return &look{Theme: theme.DefaultTheme(), faces: f, ground: lacquer.middle}
}

func (l *look) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if name == theme.ColorNameBackground {
		return cleared(l.ground)
	}
	return l.Theme.Color(name, v)
}

// cleared is a colour that comes out right when the window is cleared in it.
// Fyne's painter divides its 16 bits by 255·255, not by 65535, which would be a
// shade too light beside what is drawn in the same colour.
type cleared color.NRGBA

// RGBA implements color.Color; the colour is opaque.
func (c cleared) RGBA() (r, g, b, a uint32) {
	return uint32(c.R) * 255, uint32(c.G) * 255, uint32(c.B) * 255, 255 * 255
}

func (l *look) Font(s fyne.TextStyle) fyne.Resource {
	if s.Bold {
		return l.faces.weights[bold]
	}
	return l.faces.weights[regular]
}
