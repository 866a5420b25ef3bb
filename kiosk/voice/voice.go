// Package voice says which clip is spoken for a prompt, and speaks it.
//
// A prompt is an entry of the texts that has "say". Its clips are made from
// the same words that the screen shows, by the studio below; a folder of a
// station's own recordings replaces them one by one. What changes, a number, a
// date, a time, an amount, a code, is put together from clips of single words.
// Nothing else can be spoken: there is no slot for a name or an address, and a
// code that could be a person's number is refused.
//
// Clips are decoded when they are spoken and not kept: a prompt of four seconds
// takes some 5 ms, so that starting costs nothing and memory stays flat.
package voice

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"motcua/devices/sound"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// The silences inside a prompt.
const (
	gapWords = 30 * time.Millisecond  // between the words of a number or code
	gapSlot  = 90 * time.Millisecond  // before and after a slot
	gapPause = 280 * time.Millisecond // after each group of a code
)

// wordClips is what the keys of the single words begin with (voice.yaml).
const wordClips = "voice."

// prompt is what is spoken for one entry in one language.
type prompt struct {
	lang pack.Lang
	key  string
}

// Voice knows every prompt. It is read-only and safe for all.
type Voice struct {
	spans  map[prompt][]span
	clips  map[prompt]source // key = name of the clip
	faults []error
}

// source is where a clip is read from.
type source struct {
	fsys   fs.FS
	name   string
	decode func([]byte) (sound.Clip, error)
}

// Load reads which clips there are. fsys holds LANG/NAME.ogg as the studio
// makes them. overrides holds a station's own LANG/NAME.wav, mono or stereo of
// any rate, by the names that [Scripts] gives; nil = none. What is missing or
// cannot be read is told by Faults and does not stop the rest from speaking.
func Load(fsys fs.FS, texts *text.Catalogue, overrides fs.FS) (*Voice, error) {
	scripts, err := Scripts(texts)
	if err != nil {
		return nil, err
	}
	v := &Voice{spans: map[prompt][]span{}, clips: map[prompt]source{}}
	for _, s := range scripts {
		at := prompt{s.Lang, s.Name}
		if own, ok := v.override(overrides, s); ok {
			v.clips[at] = own
			continue
		}
		name := path.Join(string(s.Lang), s.Name+".ogg")
		if _, err := fs.Stat(fsys, name); err != nil {
			v.faults = append(v.faults, fmt.Errorf("prompt %s (%s) has no clip: run make voice: %w", s.Name, s.Lang, err))
			continue
		}
		v.clips[at] = source{fsys, name, decodeOgg}
	}
	for _, key := range texts.Keys() {
		for _, lang := range Langs {
			if words, ok := texts.Spoken(lang, key); ok {
				v.spans[prompt{lang, key}], _ = split(lang, key, words)
			}
		}
	}
	v.strangers(overrides)
	return v, nil
}

// override finds a station's own recording of s and tries it.
func (v *Voice) override(overrides fs.FS, s Script) (source, bool) {
	if overrides == nil {
		return source{}, false
	}
	own := source{overrides, path.Join(string(s.Lang), s.Name+".wav"), decodeWAV}
	b, err := fs.ReadFile(overrides, own.name)
	if errors.Is(err, fs.ErrNotExist) {
		return source{}, false
	}
	if err == nil {
		_, err = readWAV(b)
	}
	if err != nil {
		v.faults = append(v.faults, fmt.Errorf("recording %s is not used: %w", own.name, err))
		return source{}, false
	}
	return own, true
}

// strangers reports recordings that no prompt asks for: most likely a name
// with a slip in it.
func (v *Voice) strangers(overrides fs.FS) {
	if overrides == nil {
		return
	}
	for _, lang := range Langs {
		names, _ := fs.Glob(overrides, path.Join(string(lang), "*"))
		for _, name := range names {
			file := path.Base(name)
			key := file[:len(file)-len(path.Ext(file))]
			if _, ok := v.clips[prompt{lang, key}]; !ok || path.Ext(file) != ".wav" {
				v.faults = append(v.faults, fmt.Errorf("recording %s is not used: no prompt has that name", name))
			}
		}
	}
}

// Faults tells which clips are missing and which recordings were not used.
func (v *Voice) Faults() []error { return slices.Clone(v.faults) }

// Has tells whether key is spoken at all.
func (v *Voice) Has(lang pack.Lang, key string) bool {
	_, ok := v.spans[prompt{lang, key}]
	return ok
}

// Clip puts the sound of a prompt together. It fails when key is not spoken,
// when a slot has no filling or one that cannot be spoken, and when a clip is
// missing or broken. Decoding takes a few thousandths of
// the time that the prompt lasts.
func (v *Voice) Clip(lang pack.Lang, key string, slots map[string]Slot) (sound.Clip, error) {
	spans, ok := v.spans[prompt{lang, key}]
	if !ok {
		return nil, fmt.Errorf("prompt %s (%s) is not spoken", key, lang)
	}
	var clip sound.Clip
	for i, sp := range spans {
		if i > 0 {
			clip = append(clip, silence(gapSlot)...)
		}
		words, prefix := speech{sp.clip}, ""
		if sp.slot != "" {
			prefix = wordClips
			filling, ok := slots[sp.slot]
			if !ok {
				return nil, fmt.Errorf("prompt %s (%s): nothing to say for {%s}", key, lang, sp.slot)
			}
			var err error
			if words, err = filling.speech(lang); err != nil {
				return nil, fmt.Errorf("prompt %s (%s): {%s}: %w", key, lang, sp.slot, err)
			}
		}
		for j, name := range words {
			if name == pause {
				clip = append(clip, silence(gapPause)...)
				continue
			}
			if j > 0 {
				clip = append(clip, silence(gapWords)...)
			}
			c, err := v.read(lang, prefix+name)
			if err != nil {
				return nil, fmt.Errorf("prompt %s (%s): %w", key, lang, err)
			}
			clip = append(clip, c...)
		}
	}
	return clip, nil
}

func (v *Voice) read(lang pack.Lang, name string) (sound.Clip, error) {
	s, ok := v.clips[prompt{lang, name}]
	if !ok {
		return nil, fmt.Errorf("clip %s is missing", name)
	}
	b, err := fs.ReadFile(s.fsys, s.name)
	if err != nil {
		return nil, err
	}
	c, err := s.decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return c, nil
}

func silence(d time.Duration) sound.Clip {
	return make(sound.Clip, int64(d)*sound.Rate/int64(time.Second))
}
