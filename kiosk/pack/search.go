package pack

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// word is one syllable: as written, and without marks.
type word struct{ marked, bare string }

// phrase is one way to name a procedure.
type phrase struct {
	words  []word
	weight float64
}

// asking is what the pack knows of how people ask.
type asking struct {
	rewrites []rewrite
	ignore   []word
	rarity   map[string]float64 // of a bare word: how much it tells
}

// rewrite puts the words of the procedures in place of those people use.
type rewrite struct{ say, means []word }

// The weights of the search, found by trying the phrases people are known to
// use; the order of the results is what counts, not the numbers.
const (
	titleWeight  = 0.75 // official titles share many words
	slipQuality  = 0.6  // marks typed, but not these
	beginQuality = 0.9  // the last word only begun
	runBonus     = 0.3  // all words side by side
	wholeBonus   = 0.3  // and nothing else in the phrase
	enough       = 0.5  // share of the query that must be found
)

// Search gives the procedures that fit what was typed, best first: with or
// without marks, by whole syllables of which the last may be unfinished, in
// official words or people's own. An empty query gives the often used.
func (p *Pack) Search(query string) []*Procedure {
	asked := split(query)
	if len(asked) == 0 {
		return p.common()
	}
	begun := !strings.HasSuffix(query, " ")
	know := p.asking
	if know == nil {
		know = &asking{}
	}
	ways := know.ways(asked)
	type hit struct {
		p     *Procedure
		score float64
	}
	var hits []hit
	for _, pr := range p.Procedures {
		entries := pr.entries
		if entries == nil {
			entries = pr.phrases()
		}
		best := 0.0
		for _, way := range ways {
			for _, e := range entries {
				best = max(best, know.score(way, begun, e))
			}
		}
		if best > 0 {
			hits = append(hits, hit{pr, best})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	found := make([]*Procedure, len(hits))
	for i, h := range hits {
		found[i] = h.p
	}
	return found
}

// phrases gives every way the procedure is named.
func (p *Procedure) phrases() []phrase {
	var in []phrase
	add := func(weight float64, texts ...string) {
		for _, t := range texts {
			if w := split(t); len(w) > 0 {
				in = append(in, phrase{w, weight})
			}
		}
	}
	add(1, p.Short.VI, p.Short.EN, p.Code)
	add(1, p.Aliases...)
	add(1, p.Phrases...)
	add(titleWeight, p.Title.VI, p.Title.EN)
	return in
}

// ways gives the query as asked and with people's words put into official
// ones, each without the words that say nothing, unless nothing else is there.
func (a *asking) ways(asked []word) [][]word {
	ways := [][]word{a.telling(asked)}
	official := asked
	for _, r := range a.rewrites {
		if at := run(official, r.say); at >= 0 {
			official = slices.Concat(official[:at], r.means, official[at+len(r.say):])
			ways = append(ways, a.telling(official))
		}
	}
	return ways
}

func (a *asking) telling(words []word) []word {
	kept := slices.DeleteFunc(slices.Clone(words), func(w word) bool {
		return slices.ContainsFunc(a.ignore, func(i word) bool { return w.fits(i) == 1 })
	})
	if len(kept) == 0 {
		return words
	}
	return kept
}

// score tells how well the words fit the phrase; 0 = they do not.
func (a *asking) score(words []word, begun bool, e phrase) float64 {
	var found, all float64
	for i, w := range words {
		best := 0.0
		for _, have := range e.words {
			q := w.fits(have)
			if q == 0 && begun && i == len(words)-1 && strings.HasPrefix(have.bare, w.bare) {
				q = beginQuality
			}
			best = max(best, q)
		}
		tells := a.tells(w)
		found += tells * best
		all += tells
	}
	share := found / all
	if share < enough {
		return 0
	}
	if run(e.words, words) >= 0 {
		share += runBonus
		if len(words) == len(e.words) {
			share += wholeBonus
		}
	}
	return share * e.weight
}

// tells is how much a word says about which procedure is meant.
func (a *asking) tells(w word) float64 {
	if r, ok := a.rarity[w.bare]; ok {
		return r
	}
	return 1
}

// fits compares a typed word with one of a phrase: 1 when they are the same,
// or the same but typed without marks; less when other marks were typed.
func (w word) fits(have word) float64 {
	switch {
	case w.bare != have.bare:
		return 0
	case w.marked == have.marked || w.marked == w.bare:
		return 1
	}
	return slipQuality
}

// run finds part in whole, side by side; -1 = not there.
func run(whole, part []word) int {
	for at := 0; at+len(part) <= len(whole); at++ {
		if slices.EqualFunc(part, whole[at:at+len(part)], func(a, b word) bool { return a.bare == b.bare }) {
			return at
		}
	}
	return -1
}

// index prepares the procedures for Search: a word that few procedures share
// tells more.
func (p *Pack) index() {
	in := map[string]int{}
	for _, pr := range p.Procedures {
		pr.entries = pr.phrases()
		seen := map[string]bool{}
		for _, e := range pr.entries {
			for _, w := range e.words {
				if !seen[w.bare] {
					seen[w.bare] = true
					in[w.bare]++
				}
			}
		}
	}
	p.asking.rarity = make(map[string]float64, len(in))
	for w, n := range in {
		p.asking.rarity[w] = 0.3 + math.Log(1+float64(len(p.Procedures))/float64(n))
	}
}

// split cuts a text into syllables.
func split(s string) []word {
	parts := strings.FieldsFunc(norm.NFC.String(strings.ToLower(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	words := make([]word, len(parts))
	for i, p := range parts {
		words[i] = word{marked: p, bare: bare(p)}
	}
	return words
}

// bare takes the marks off lower-case letters; đ, which is no d with a mark in
// Unicode, becomes d.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ':
			return 'd'
		}
		return r
	}, norm.NFD.String(s))
}
