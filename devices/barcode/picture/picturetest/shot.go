// Package picturetest makes pictures of ID cards' QR codes as a camera sees them,
// the same ones each time, and counts how many of them a decoder reads.
//
// Nothing in it was photographed: a code is drawn, laid on a card, the card on a
// desk, turned and tilted, lit, blurred and given a sensor's noise. Zbar reads the
// same pictures by zbarimg, a program of another make, as the measure to hold to.
//
// Faults that were put into package picture on purpose, and the test that found each:
//
//	light on dark not turned round             TestRead
//	gozxing's own detectors never asked        TestRead
//	bytes of a row taken for its pixels        TestRead
//	the text as the code has it                TestRead
//	edges where the line is half done          TestRead
//	corners not scaled back                    TestCornersOfLarge
//	corners taken the wrong way round          TestCorners
//	every code taken for flat                  TestCorners, TestSlopes
//	one size of code tried                     TestSlopes
//	the noise not measured                     TestCorpus
//	one threshold tried                        TestHardShots
//	blur never undone                          TestHardShots
//	noise never smoothed                       TestHardShots
//	never looked at in half the size           TestHardShots
//	what failed on one picture kept            TestAfterAFailure
//	half of a 16-bit level read                TestLoad
//
// Two lived: no alignment pattern looked for, and the net not settled. In all but the
// worst pictures either does the other's work.
package picturetest

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// Kind is what makes a shot hard.
type Kind int

// The kinds. Each has the code turned by any angle and 2 to 6 pixels a module.
const (
	Clean       Kind = iota // nothing but the angle
	Perspective             // tilted by up to 40 degrees
	Blurred                 // out of focus by up to 0.6 of a module
	Noisy                   // a sensor's noise of up to 18 of 255 levels
	Glare                   // a lamp mirrored beside or on the code
	Shaded                  // light from one side, and a hard shadow
	Faint                   // black and white no more than 25 to 60 levels apart
	Moved                   // smeared by up to 1.2 modules
	Screen                  // on a telephone: dark around, a pixel grid, a little of all
	Everything              // half of each at once
	Kinds
)

var kinds = [Kinds]string{"clean", "perspective", "blurred", "noisy", "glare", "shaded", "faint", "moved", "screen", "everything"}

// String gives the kind's word.
func (k Kind) String() string { return kinds[k] }

// Width and Height are the size of a shot in pixels, a camera's usual one.
const (
	Width  = 1280
	Height = 720
)

// away is how far the camera is, in pixels of its picture.
const away = Width

// Shot is how one picture was taken. Lengths are in pixels of the picture.
type Shot struct {
	Number   int
	Kind     Kind
	Text     string  // what the code says; an invented person
	Version  int     // of the code, 1 to 40
	Module   float64 // pitch of the code's modules before tilting
	Turn     float64 // radians
	Tilt     float64 // radians
	Blur     float64 // standard deviation
	Smear    float64 // length
	Noise    float64 // standard deviation, of 255 levels
	Dark     float64 // level of the code's black
	Light    float64 // level of the card's white
	Gradient float64 // how much darker the far side is, 0 to 1
	Flare    float64 // brightness of a mirrored lamp, of 255 levels

	code     *encoder.QRCode
	x, y     float64 // the code's centre in the picture
	axis     float64 // what the tilt turns around
	toLight  float64 // where the light comes from
	flareX   float64
	flareY   float64
	flareR   float64
	shadow   float64 // distance of a hard shadow's edge from the code's centre; NaN = none
	smearDir float64
	margin   float64 // quiet zone in modules
}

// New gives shot number n: its kind goes round, all else is drawn by lot from n.
func New(n int) *Shot {
	r := rand.New(rand.NewPCG(uint64(n), 0x6d6f74637561))
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	s := &Shot{Number: n, Kind: Kind(n % int(Kinds)), Text: Person(r), shadow: math.NaN()}
	level := []decoder.ErrorCorrectionLevel{decoder.ErrorCorrectionLevel_L, decoder.ErrorCorrectionLevel_M, decoder.ErrorCorrectionLevel_M}[r.IntN(3)]
	code, err := encoder.Encoder_encodeWithoutHint(s.Text, level)
	if err != nil {
		panic(err) // no person has so long a name
	}
	s.code, s.Version = code, code.GetVersion().GetVersionNumber()
	size := float64(code.GetMatrix().GetWidth())

	s.Module, s.Turn, s.axis = between(2, 6), between(0, 2*math.Pi), between(0, 2*math.Pi)
	s.Dark, s.Light, s.Noise = between(15, 60), between(170, 240), between(0.5, 3)
	s.Blur, s.margin = 0.35, between(2, 4)
	s.toLight, s.smearDir = between(0, 2*math.Pi), between(0, 2*math.Pi)

	share := 1.0
	if s.Kind == Everything {
		share = 0.5
	}
	is := func(k Kind) bool { return s.Kind == k || s.Kind == Everything }
	if is(Perspective) {
		s.Tilt = share * between(0.25, 0.7)
	}
	if is(Blurred) {
		s.Blur = math.Hypot(s.Blur, share*between(0.25, 0.6)*s.Module)
	}
	if is(Noisy) {
		s.Noise = share * between(6, 18)
	}
	if is(Glare) {
		s.Flare, s.flareR = share*between(90, 260), between(0.12, 0.3)*size*s.Module
	}
	if is(Shaded) {
		s.Gradient = share * between(0.4, 0.85)
		if r.IntN(2) == 0 {
			s.shadow = between(-0.4, 0.4) * size * s.Module
		}
	}
	if is(Faint) {
		apart := between(25, 60) / share
		s.Dark = between(30, 235-apart)
		s.Light = s.Dark + apart
		s.Noise = math.Min(s.Noise, apart/8)
	}
	if is(Moved) {
		s.Smear = share * between(0.5, 1.2) * s.Module
	}
	if s.Kind == Screen {
		s.Tilt, s.Blur, s.Noise, s.Gradient = between(0, 0.4), math.Hypot(0.35, between(0, 0.3)*s.Module), between(2, 6), between(0, 0.3)
	}
	reach := size*s.Module/math.Sqrt2 + 4*s.Module
	s.x = between(math.Min(reach, Width/2), math.Max(Width-reach, Width/2))
	s.y = between(math.Min(reach, Height/2), math.Max(Height-reach, Height/2))
	turn := between(0, 2*math.Pi)
	away := between(0, 0.75) * size * s.Module
	s.flareX, s.flareY = s.x+away*math.Cos(turn), s.y+away*math.Sin(turn)
	return s
}

// String tells how the shot was taken, not what the code says.
func (s *Shot) String() string {
	return fmt.Sprintf("%d %v: version %d, %.1f px a module, turn %.0f°, tilt %.0f°, blur %.2f and smear %.2f modules, noise %.0f, levels %.0f-%.0f, gradient %.2f, flare %.0f",
		s.Number, s.Kind, s.Version, s.Module, s.Turn*180/math.Pi, s.Tilt*180/math.Pi, s.Blur/s.Module, s.Smear/s.Module, s.Noise, s.Dark, s.Light, s.Gradient, s.Flare)
}

// Take gives the picture.
func (s *Shot) Take() *image.Gray {
	p := newFilm(Width, Height)
	p.expose(s.scene())
	p.blur(s.Blur)
	p.smear(s.Smear, s.smearDir)
	return p.develop(rand.New(rand.NewPCG(uint64(s.Number), 1)), s.Noise)
}

// Corners gives where the code's outer corners are in the picture, from its own top
// left clockwise: x and y in pixels, whole numbers at their centres.
func (s *Shot) Corners() (at [4][2]float64) {
	half := float64(s.code.GetMatrix().GetWidth()) / 2
	sinT, cosT := math.Sincos(s.Turn)
	sinA, cosA := math.Sincos(s.axis)
	sinTilt, cosTilt := math.Sincos(s.Tilt)
	for i, c := range [4][2]float64{{-half, -half}, {half, -half}, {half, half}, {-half, half}} {
		u, v := c[0]*s.Module, c[1]*s.Module
		px, py := u*cosT-v*sinT, u*sinT+v*cosT
		a, b := px*cosA+py*sinA, -px*sinA+py*cosA
		depth := (away + b*sinTilt) / (away * cosTilt)
		a, b = a/(depth*cosTilt), b/depth
		at[i] = [2]float64{s.x + a*cosA - b*sinA, s.y + a*sinA + b*cosA}
	}
	return at
}

// Desk gives the picture of a desk with papers and no code on it.
func Desk(n int) *image.Gray {
	s := New(n)
	s.code = nil
	return s.Take()
}
