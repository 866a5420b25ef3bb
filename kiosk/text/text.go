// Package text gives the sentences that a citizen sees or hears, by key and
// language, out of one file.
//
// An entry holds the sentence in Vietnamese and English. Where "say" stands, it
// is spoken too: "say: true" in the same words, else in the words given, as a
// voice wants them ("một chín không không" for 1900). Names in braces are
// filled in: "Còn {seconds} giây".
package text

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"motcua/kiosk/pack"
)

// Entry is one sentence.
type Entry struct {
	VI  string `yaml:"vi"`
	EN  string `yaml:"en"`
	Say Say    `yaml:"say"`
}

// Say is how an entry is spoken; Spoken false = never.
type Say struct {
	Spoken bool
	VI, EN string // "" = as written
}

// UnmarshalYAML reads either "true" or words by language.
func (s *Say) UnmarshalYAML(b []byte) error {
	var yes bool
	if yaml.Unmarshal(b, &yes) == nil {
		s.Spoken = yes
		return nil
	}
	var words struct {
		VI string `yaml:"vi"`
		EN string `yaml:"en"`
	}
	if err := yaml.UnmarshalWithOptions(b, &words, yaml.Strict()); err != nil {
		return err
	}
	s.Spoken, s.VI, s.EN = true, words.VI, words.EN
	return nil
}

// Catalogue is every entry by key. It is read-only and safe for all.
type Catalogue struct{ entries map[string]Entry }

// Args fill the names in braces.
type Args map[string]string

var slot = regexp.MustCompile(`\{[a-z]+\}`)

// Load reads every *.yaml in the root of fsys. A key twice, an entry without
// one of its languages, and a name in braces that only one language has are
// faults; all are reported at once.
func Load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{entries: map[string]Entry{}}
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	var faults []string
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var m map[string]Entry
		if err := yaml.UnmarshalWithOptions(b, &m, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, e := range m {
			if _, twice := c.entries[key]; twice {
				faults = append(faults, fmt.Sprintf("%s: %q stands in another file too", name, key))
			}
			if e.VI == "" || e.EN == "" {
				faults = append(faults, fmt.Sprintf("%s: %q needs vi and en", name, key))
			}
			if v, n := slots(e.VI), slots(e.EN); v != n {
				faults = append(faults, fmt.Sprintf("%s: %q: vi has {%s}, en has {%s}", name, key, v, n))
			}
			c.entries[key] = e
		}
	}
	if faults != nil {
		slices.Sort(faults)
		return nil, fmt.Errorf("texts:\n  %s", strings.Join(faults, "\n  "))
	}
	return c, nil
}

func slots(s string) string {
	m := slot.FindAllString(s, -1)
	slices.Sort(m)
	return strings.Join(slices.Compact(m), " ")
}

// In gives the sentence under key in lang, with args filled in. A key that is
// not there is a mistake in the program: it panics, and a test walks all keys.
func (c *Catalogue) In(lang pack.Lang, key string, args Args) string {
	e, ok := c.entries[key]
	if !ok {
		panic("text: no entry " + key)
	}
	return Fill(pack.Text{VI: e.VI, EN: e.EN}.In(lang), args)
}

// Has tells whether key is there.
func (c *Catalogue) Has(key string) bool { _, ok := c.entries[key]; return ok }

// Keys lists every key, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.entries)) }

// Spoken gives the words that are spoken for key in lang, names in braces not
// filled in; ok is false when the entry is never spoken.
func (c *Catalogue) Spoken(lang pack.Lang, key string) (words string, ok bool) {
	e, found := c.entries[key]
	if !found || !e.Say.Spoken {
		return "", false
	}
	if lang == pack.EN {
		return first(e.Say.EN, e.EN), true
	}
	return first(e.Say.VI, e.VI), true
}

// Fill puts args into the names in braces of s.
func Fill(s string, args Args) string {
	return slot.ReplaceAllStringFunc(s, func(name string) string {
		if v, ok := args[name[1:len(name)-1]]; ok {
			return v
		}
		return name
	})
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// QuestionKey is the key under which WithPack puts a question. Procedures that
// ask the same in the same words share it.
func QuestionKey(q pack.Question) string {
	sum := sha256.Sum256([]byte(q.Label.VI + "\n" + q.Label.EN + "\n" + q.Help.VI + "\n" + q.Help.EN))
	return fmt.Sprintf("ask.%s.%x", q.ID, sum[:3])
}

// WithPack gives a catalogue that has the questions of p too, spoken as they
// are written, so that the voice asks what the screen asks. A help line with
// digits in it is left to the screen; a question with digits is not spoken.
func (c *Catalogue) WithPack(p *pack.Pack) *Catalogue {
	all := maps.Clone(c.entries)
	for _, proc := range p.Procedures {
		for _, q := range proc.Questions {
			e := Entry{VI: q.Label.VI, EN: q.Label.EN, Say: Say{Spoken: !hasDigit(q.Label)}}
			if q.Help.VI != "" && q.Help.EN != "" && !hasDigit(q.Help) {
				e.Say.VI, e.Say.EN = q.Label.VI+" "+q.Help.VI, q.Label.EN+" "+q.Help.EN
			}
			all[QuestionKey(q)] = e
		}
	}
	return &Catalogue{entries: all}
}

func hasDigit(t pack.Text) bool { return strings.ContainsAny(t.VI+t.EN, "0123456789") }
