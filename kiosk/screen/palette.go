package screen

import (
	"image/color"

	"motcua/kiosk/visit"
)

// A tint is one meaning in colour: its ink on cards and paper, and the pale
// paper behind its icon, its chip or its note.
type tint struct{ ink, paper color.NRGBA }

// A palette is every colour that one theme draws with.
type palette struct {
	paper, card, line color.NRGBA // ground, cards on it, hair lines
	text, second      color.NRGBA // first and second ink
	track             color.NRGBA // what a progress bar or ring runs in
	key               color.NRGBA // the wide keys
	gold              color.NRGBA // ornament, never text
	scrim             color.NRGBA // over the page below an Over

	primary, foot, onPrimary color.NRGBA // the one next thing
	off, onOff               color.NRGBA // the same, not yet possible

	tones [visit.Muted + 1]tint

	gate gate
	bold float32 // factor on line widths: high contrast draws thicker
}

// A gate is the colours of the attract page.
type gate struct {
	top, middle, bottom color.NRGBA
	ink, second         color.NRGBA
	ring, faint, lit    color.NRGBA
	start, onStart      color.NRGBA
	foot                color.NRGBA
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

func fade(c color.NRGBA, alpha float32) color.NRGBA {
	c.A = uint8(alpha*255 + 0.5)
	return c
}

// mix goes from a to b by share, both opaque.
func mix(a, b color.NRGBA, share float32) color.NRGBA {
	at := func(x, y uint8) uint8 { return uint8(float32(x) + (float32(y)-float32(x))*share + 0.5) }
	return color.NRGBA{R: at(a.R, b.R), G: at(a.G, b.G), B: at(a.B, b.B), A: 255}
}

func paletteOf(t visit.Theme) *palette {
	switch t {
	case visit.Dark:
		return &dark
	case visit.YellowOnBlack:
		return &yellow
	case visit.WhiteOnBlack:
		return &white
	default:
		return &paper
	}
}

// The four palettes are constants in all but name: nothing writes to them.
var (
	paper = palette{
		paper: rgb(0xFAF6EF), card: rgb(0xFFFFFF), line: rgb(0xE3D9C9),
		text: rgb(0x211C17), second: rgb(0x5C5248),
		track: rgb(0xE3D9C9), key: rgb(0xF1E9DC), gold: rgb(0xC0902F),
		scrim:   color.NRGBA{R: 0x21, G: 0x1C, B: 0x17, A: 184},
		primary: rgb(0x8E1B1F), foot: rgb(0x6E1215), onPrimary: rgb(0xFFFFFF),
		off: rgb(0xE7CECA), onOff: rgb(0x77403F),
		tones: [...]tint{
			visit.Plain:  {rgb(0x211C17), rgb(0xFFFFFF)},
			visit.Son:    {rgb(0x8E1B1F), rgb(0xFBE6E4)},
			visit.Jade:   {rgb(0x0B6B50), rgb(0xE3F1EC)},
			visit.Amber:  {rgb(0x8A5A00), rgb(0xFFF1D1)},
			visit.Indigo: {rgb(0x1F3A68), rgb(0xE7ECF5)},
			visit.Muted:  {rgb(0x5C5248), rgb(0xF1E9DC)},
		},
		gate: lacquer,
		bold: 1,
	}

	lacquer = gate{
		top: rgb(0x7A1518), middle: rgb(0x8E1B1F), bottom: rgb(0x6E1215),
		ink: rgb(0xFFFFFF), second: rgb(0xF3DFB5),
		ring: rgb(0xA9682A), faint: color.NRGBA{R: 0xC0, G: 0x90, B: 0x2F, A: 92},
		lit:   rgb(0xF3DFB5),
		start: rgb(0xFAF6EF), onStart: rgb(0x8E1B1F), foot: rgb(0xC0902F),
	}

	dark = palette{
		paper: rgb(0x17130F), card: rgb(0x241E19), line: rgb(0x4D4339),
		text: rgb(0xF6EFE3), second: rgb(0xCDC1B0),
		track: rgb(0x4D4339), key: rgb(0x342C25), gold: rgb(0xC0902F),
		scrim:   color.NRGBA{A: 196},
		primary: rgb(0xB02A2F), foot: rgb(0x7C181C), onPrimary: rgb(0xFFFFFF),
		off: rgb(0x4A2A29), onOff: rgb(0xD9B3AF),
		tones: [...]tint{
			visit.Plain:  {rgb(0xF6EFE3), rgb(0x241E19)},
			visit.Son:    {rgb(0xFFA79F), rgb(0x4A2322)},
			visit.Jade:   {rgb(0x7FD9BA), rgb(0x15382E)},
			visit.Amber:  {rgb(0xF5C766), rgb(0x40310F)},
			visit.Indigo: {rgb(0xAFC6F2), rgb(0x223150)},
			visit.Muted:  {rgb(0xCDC1B0), rgb(0x342C25)},
		},
		gate: lacquer,
		bold: 1,
	}

	yellow = contrasting(rgb(0xFFE500), rgb(0x262200))
	white  = contrasting(rgb(0xFFFFFF), rgb(0x242424))
)

// contrasting is a palette of one ink on black, with deep for what is pale
// elsewhere.
func contrasting(ink, deep color.NRGBA) palette {
	black := rgb(0)
	one := tint{ink, deep}
	return palette{
		paper: black, card: black, line: ink, text: ink, second: ink,
		track: deep, key: deep, gold: ink,
		scrim:   color.NRGBA{A: 216},
		primary: ink, foot: mix(ink, black, 0.35), onPrimary: black,
		off: deep, onOff: mix(ink, black, 0.25),
		tones: [...]tint{{ink, black}, one, one, one, one, one},
		gate: gate{
			top: black, middle: black, bottom: black, ink: ink, second: ink,
			ring: mix(ink, black, 0.3), faint: fade(ink, 0.4), lit: ink,
			start: ink, onStart: black, foot: mix(ink, black, 0.35),
		},
		bold: 1.5,
	}
}
