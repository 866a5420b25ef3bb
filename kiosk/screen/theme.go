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
		return l.ground
	}
	return l.Theme.Color(name, v)
}

func (l *look) Font(s fyne.TextStyle) fyne.Resource {
	if s.Bold {
		return l.faces.weights[bold]
	}
	return l.faces.weights[regular]
}
