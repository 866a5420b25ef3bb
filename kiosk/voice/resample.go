package voice

import (
	"math"

	"motcua/devices/sound"
)

// zeros is how many zero crossings of the sinc lie on each side of a sample:
// enough for speech, with what is folded back more than 60 dB below.
const zeros = 16

// clip gives the recording at sound.Rate, by a windowed sinc that also keeps
// out what that rate cannot hold.
func (r recording) clip() sound.Clip {
	if r.rate == sound.Rate {
		c := make(sound.Clip, len(r.samples))
		for i, v := range r.samples {
			c[i] = pcm(float64(v))
		}
		return c
	}
	// Sample i of the clip lies at i*step/phases in the recording.
	div := gcd(r.rate, sound.Rate)
	step, phases := r.rate/div, sound.Rate/div
	cutoff := min(1, float64(sound.Rate)/float64(r.rate)) // of the recording's own band
	reach := int(math.Ceil(zeros / cutoff))
	tables := make([][]float32, phases) // filled as they are needed

	c := make(sound.Clip, len(r.samples)*phases/step)
	for i := range c {
		at, phase := i*step/phases, i*step%phases
		if tables[phase] == nil {
			tables[phase] = kernel(float64(phase)/float64(phases), cutoff, reach)
		}
		var sum float32
		for k, weight := range tables[phase] {
			if n := at - reach + 1 + k; n >= 0 && n < len(r.samples) {
				sum += weight * r.samples[n]
			}
		}
		c[i] = pcm(float64(sum))
	}
	return c
}

// kernel weighs the samples around a point that lies fraction after sample 0:
// samples 1-reach to reach.
func kernel(fraction, cutoff float64, reach int) []float32 {
	w := make([]float32, 2*reach)
	for k := range w {
		x := float64(k-reach+1) - fraction
		hann := 0.5 + 0.5*math.Cos(math.Pi*x/float64(reach))
		if math.Abs(x) > float64(reach) {
			hann = 0
		}
		w[k] = float32(cutoff * sinc(cutoff*x) * hann)
	}
	return w
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
