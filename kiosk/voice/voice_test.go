package voice

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-audio/audio"
	"github.com/go-audio/wav"

	"motcua/devices/sound"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

var clips = os.DirFS("../../assets/voice")

// load gives the voice of the station, with everything in its place.
func load(t testing.TB) *Voice {
	t.Helper()
	v, err := Load(clips, texts(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func level(v int16) float64 { return 20 * math.Log10(math.Abs(float64(v))/math.MaxInt16) }

// Every clip that a prompt needs is there and sounds as it should.
func TestClips(t *testing.T) {
	v := load(t)
	for _, err := range v.Faults() {
		t.Error(err)
	}
	scripts, err := Scripts(texts(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < 200 {
		t.Fatalf("only %d clips", len(scripts))
	}
	for _, s := range scripts {
		clip, err := v.read(s.Lang, s.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		syllables := time.Duration(len(strings.Fields(s.Words)))
		shortest, longest := syllables*120*time.Millisecond, syllables*900*time.Millisecond+900*time.Millisecond
		if d := clip.Length(); d < shortest || d > longest {
			t.Errorf("%s (%s): %v for %q, want %v to %v", s.Name, s.Lang, d, s.Words, shortest, longest)
		}
		top, first, last := int16(0), len(clip), 0
		for i, p := range clip {
			if math.Abs(float64(p)) > math.Abs(float64(top)) {
				top = p
			}
			if level(p) > -40 {
				first, last = min(first, i), i
			}
		}
		if l := level(top); l < -6 || l > -1 {
			t.Errorf("%s (%s): peak at %.1f dB, want -6 to -1", s.Name, s.Lang, l)
		}
		if d := clip[:first].Length(); d > 300*time.Millisecond {
			t.Errorf("%s (%s): begins with %v of silence", s.Name, s.Lang, d)
		}
		if d := clip[last:].Length(); d > 300*time.Millisecond {
			t.Errorf("%s (%s): ends with %v of silence", s.Name, s.Lang, d)
		}
	}
}

// The clips of the words that only numbers, dates and codes are made of make
// up a prompt with slots.
func TestClipFillsSlots(t *testing.T) {
	c := catalogue(t, `
left: {vi: "Còn {n} giây", en: "{n} seconds left", say: true}
code: {vi: "{code}", en: "{code}", say: true}
`)
	v, err := Load(merged(t, "left+0", "left+1"), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Langs {
		short, err := v.Clip(lang, "left", map[string]Slot{"n": Number(5)})
		if err != nil {
			t.Fatal(err)
		}
		long, err := v.Clip(lang, "left", map[string]Slot{"n": Number(5555)})
		if err != nil {
			t.Fatal(err)
		}
		if more := long.Length() - short.Length(); more < time.Second || more > 6*time.Second {
			t.Errorf("%s: 5,555 takes %v more than 5", lang, more)
		}
		if _, err := v.Clip(lang, "code", map[string]Slot{"code": Code("H26.5-0012")}); err != nil {
			t.Error(err)
		}
		for _, bad := range []map[string]Slot{nil, {"n": Number(-1)}, {"n": Code("Mẫu")}, {"m": Number(1)}} {
			if _, err := v.Clip(lang, "left", bad); err == nil {
				t.Errorf("%s: slots %v: no error", lang, bad)
			}
		}
	}
	if _, err := v.Clip(pack.VI, "no.such", nil); err == nil {
		t.Error("a prompt that is not there: no error")
	}
}

// catalogue is texts of the test's own beside the words of voice.yaml.
func catalogue(t *testing.T, yaml string) *text.Catalogue {
	t.Helper()
	words, err := os.ReadFile("../../assets/text/voice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := text.Load(fstest.MapFS{
		"own.yaml":   {Data: []byte(yaml)},
		"voice.yaml": {Data: words},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// merged is the real clips, with one of them under more names.
func merged(t *testing.T, names ...string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	for _, lang := range Langs {
		dir := string(lang) + "/"
		for _, e := range must(os.ReadDir("../../assets/voice/" + dir)) {
			m[dir+e.Name()] = &fstest.MapFile{Data: must(os.ReadFile("../../assets/voice/" + dir + e.Name()))}
		}
		for _, name := range names {
			m[dir+name+".ogg"] = m[dir+"voice.num.7.ogg"]
		}
	}
	return m
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// wavOf is d of a tone as a WAV file.
func wavOf(t testing.TB, rate, channels, bits int, hz float64, d time.Duration) []byte {
	t.Helper()
	f := must(os.CreateTemp(t.TempDir(), "*.wav"))
	defer f.Close()
	e := wav.NewEncoder(f, rate, bits, channels, 1)
	b := &audio.IntBuffer{Format: &audio.Format{NumChannels: channels, SampleRate: rate}, SourceBitDepth: bits}
	for i := range int(d.Seconds() * float64(rate)) {
		v := int(math.Sin(2*math.Pi*hz*float64(i)/float64(rate)) * math.Pow(2, float64(bits-2)))
		if bits == 8 {
			v += 128
		}
		for range channels {
			b.Data = append(b.Data, v)
		}
	}
	if err := e.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return must(os.ReadFile(f.Name()))
}

// A station's own recording takes the place of the clip; one that is broken
// or has a wrong name is told of and changes nothing.
func TestOverrides(t *testing.T) {
	good := wavOf(t, 44100, 2, 16, 440, 1500*time.Millisecond)
	own := fstest.MapFS{
		"vi/home.title.wav":  {Data: good},
		"en/home.title.wav":  {Data: good[:len(good)/2]},
		"vi/voice.num.7.wav": {Data: []byte("not a recording")},
		"vi/home.titel.wav":  {Data: good},
		"vi/home.back.mp3":   {Data: good},
	}
	c := catalogue(t, `home.title: {vi: "Quý vị cần gì?", en: "What do you need?", say: true}`)
	v, err := Load(merged(t, "home.title"), c, own)
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, f := range v.Faults() {
		faults = append(faults, f.Error())
	}
	all := strings.Join(faults, "\n")
	for _, name := range []string{"en/home.title.wav", "vi/voice.num.7.wav", "vi/home.titel.wav", "vi/home.back.mp3"} {
		if !strings.Contains(all, name) {
			t.Errorf("no fault tells of %s:\n%s", name, all)
		}
	}
	if len(faults) != 4 {
		t.Errorf("%d faults, want 4:\n%s", len(faults), all)
	}
	clip, err := v.Clip(pack.VI, "home.title", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := clip.Length() - 1500*time.Millisecond; d.Abs() > time.Millisecond {
		t.Errorf("own recording of 1.5 s lasts %v", clip.Length())
	}
	clip, err = v.Clip(pack.EN, "home.title", nil)
	if err != nil {
		t.Fatal(err)
	}
	if clip.Length() > time.Second {
		t.Errorf("the broken recording was used: %v", clip.Length())
	}
}

// tone measures how strongly hz sounds in the middle of c, 1 = full scale.
func tone(c sound.Clip, hz float64) float64 {
	c = c[len(c)/4 : len(c)*3/4]
	var re, im float64
	for i, v := range c {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / sound.Rate)
		re, im = re+float64(v)*cos, im+float64(v)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(c)) / math.MaxInt16
}

func TestRecordingKeepsPitchAndLevel(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000} {
		for _, bits := range []int{8, 16, 24} {
			c, err := decodeWAV(wavOf(t, rate, 1+rate/32000%2, bits, 1000, time.Second))
			if err != nil {
				t.Errorf("%d Hz, %d bits: %v", rate, bits, err)
				continue
			}
			if d := c.Length() - time.Second; d.Abs() > time.Millisecond {
				t.Errorf("%d Hz: a second lasts %v", rate, c.Length())
			}
			if got := tone(c, 1000); math.Abs(got-0.5) > 0.01 {
				t.Errorf("%d Hz, %d bits: tone of 0.5 has %.3f", rate, bits, got)
			}
		}
	}
	// 15 kHz cannot be held; folded back it would be heard at 7,050 Hz.
	c, err := decodeWAV(wavOf(t, 48000, 1, 16, 15000, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got := tone(c, sound.Rate-15000); got > 0.001 {
		t.Errorf("a tone that cannot be held is folded back at %.4f", got)
	}
}

func FuzzWAV(f *testing.F) {
	f.Add(wavOf(f, 8000, 1, 8, 440, 20*time.Millisecond))
	f.Add(wavOf(f, 44100, 2, 16, 440, 20*time.Millisecond))
	f.Add(wavOf(f, 48000, 1, 24, 440, 20*time.Millisecond))
	whole := wavOf(f, 16000, 1, 16, 440, 20*time.Millisecond)
	f.Add(whole[:len(whole)-7])
	f.Add(bytes.Replace(whole, []byte("data"), []byte("dato"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeWAV(b)
		if err == nil && c.Length() > longest+time.Second {
			t.Errorf("clip of %v", c.Length())
		}
	})
}

func FuzzOgg(f *testing.F) {
	for _, name := range []string{"vi/voice.num.1.ogg", "en/voice.num.and.ogg"} {
		whole := must(os.ReadFile("../../assets/voice/" + name))
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeOgg(b)
		if err == nil && (len(c) == 0 || c.Length() > longest) {
			t.Errorf("clip of %v", c.Length())
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	c := texts(b)
	for b.Loop() {
		must(Load(clips, c, nil))
	}
}

func BenchmarkClip(b *testing.B) {
	v := load(b)
	var spoken time.Duration
	for b.Loop() {
		spoken += must(v.Clip(pack.VI, "home.say", nil)).Length()
	}
	b.ReportMetric(spoken.Seconds()/float64(b.N), "s-spoken/op")
}
