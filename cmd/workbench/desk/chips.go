package desk

import (
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/kiosk/identity"
)

// Chip is a chip card that can be laid on the reader. Those named as a card in
// the drawer are that card.
type Chip struct {
	ID    string `json:"id"`
	Title string `json:"title"` // what it is, for the person at the desk

	card    string // whose holder it has
	flavour ldstest.Flavour
	fault   ldstest.Fault
	spoil   func(*cardsim.Chip) error
}

// Chips gives the chip cards in the drawer.
func Chips() []Chip {
	return []Chip{
		{ID: "card-7", Title: "ID card of 2021", card: "card-7", flavour: ldstest.CCCD2021},
		{ID: "card-7-no-old", Title: "Another person's ID card", card: "card-7-no-old", flavour: ldstest.CCCD2021},
		{ID: "card-11", Title: "ID card of 2024", card: "card-11", flavour: ldstest.CanCuoc},
		{ID: "card-stranger", Title: "Somebody else's, of another number", card: "card-stranger", flavour: ldstest.CanCuoc},
		{ID: "card-expired", Title: "ID card that has expired", card: "card-expired", flavour: ldstest.CCCD2021},
		{ID: "chip-altered", Title: "First card, written on", card: "card-7", flavour: ldstest.CCCD2021, spoil: writeOn},
		{ID: "chip-copy", Title: "First card, copied", card: "card-7", flavour: ldstest.CCCD2021, spoil: (*cardsim.Chip).LoseKeys},
		{ID: "chip-revoked", Title: "First card, signer taken back", card: "card-7", flavour: ldstest.CCCD2021, fault: ldstest.SignerRevoked},
		{ID: "bank-card", Title: "Bank card", card: "card-7", flavour: ldstest.CCCD2021, spoil: knowNothing},
	}
}

// writeOn changes the state's own fields, as a forger would.
func writeOn(c *cardsim.Chip) error {
	b := c.File(lds.DG13)
	b[len(b)-1] ^= 1
	c.Write(lds.DG13, b)
	return nil
}

// knowNothing makes a chip find neither application nor file.
func knowNothing(c *cardsim.Chip) error {
	for n := range 100 {
		c.Fail(n+1, cardsim.OtherStatus)
	}
	return nil
}

// Lay is how a chip card is laid on the reader.
type Lay struct {
	Chip string `json:"chip"`
	// After pulls it away before its answer number so much, counted from 1; 0 = it
	// lies until it is lifted.
	After int `json:"after,omitempty"`
	// Each is what every answer takes, in ms. A card of plastic needs some ten.
	Each int `json:"each,omitempty"`
}

// mostAnswers is how many answers of a chip are slowed down: more than any reading
// has.
const mostAnswers = 500

// state issues the chip cards of the drawer, and keeps what a kiosk needs to trust
// them in a folder.
type state struct {
	now     time.Time
	founded *ldstest.State

	mu    sync.Mutex // guards cards
	cards map[string]*ldstest.Card
}

// found founds a state; its root certificate and list of revocations are in dir.
func found(dir string, now time.Time) (*state, error) {
	s, err := ldstest.NewState(ldstest.Options{Suite: ldstest.BrainpoolP384, Digest: crypto.SHA256, Explicit: true, Now: now})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for name, b := range map[string][]byte{"csca.cer": s.Root(), "csca.crl": s.RevocationList(now.AddDate(0, 3, 0))} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return nil, err
		}
	}
	return &state{now: now, founded: s, cards: map[string]*ldstest.Card{}}, nil
}

// chip takes a chip card out of the drawer.
func (s *state) chip(l Lay) (*cardsim.Chip, error) {
	for _, kind := range Chips() {
		if kind.ID != l.Chip {
			continue
		}
		issued, err := s.issued(kind)
		if err != nil {
			return nil, err
		}
		c, err := cardsim.Issued(issued, cardsim.Quirks{})
		if err != nil {
			return nil, err
		}
		if l.Each > 0 {
			for n := range mostAnswers {
				c.Fail(n+1, cardsim.Slow(time.Duration(l.Each)*time.Millisecond))
			}
		}
		if kind.spoil != nil {
			if err := kind.spoil(c); err != nil {
				return nil, err
			}
		}
		if l.After > 0 {
			c.Fail(l.After, cardsim.Lost)
		}
		return c, nil
	}
	return nil, fmt.Errorf("no chip %q in the drawer", l.Chip)
}

// issued gives a card, which is made when it is first asked for.
func (s *state) issued(kind Chip) (*ldstest.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cards[kind.ID]; c != nil {
		return c, nil
	}
	who, err := holder(kind, s.now)
	if err != nil {
		return nil, err
	}
	c, err := s.founded.Issue(who, ldstest.Chip{}, kind.fault)
	if err == nil {
		s.cards[kind.ID] = c
	}
	return c, err
}

// holder is the person whom the code of a card names, as the chip of its kind has
// them.
func holder(kind Chip, now time.Time) (ldstest.Person, error) {
	on, ok := CardByID(now, kind.card)
	field := strings.Split(on.Text, "|")
	if !ok || len(field) < 7 {
		return ldstest.Person{}, fmt.Errorf("no ID card %q in the drawer", kind.card)
	}
	born, err := time.Parse(ddmmyyyy, field[3])
	if err != nil {
		return ldstest.Person{}, err
	}
	issued, err := time.Parse(ddmmyyyy, field[6])
	if err != nil {
		return ldstest.Person{}, err
	}
	const strokes = "02/01/2006"
	like := kind.flavour.Person()
	who := like
	who.Number, who.Former, who.Name, who.Sex, who.Address = field[0], field[1], field[2], field[4], field[5]
	who.Plain, who.Born, who.Issued, who.Expires = plain(who.Name), born.Format(strokes), issued.Format(strokes), "Không thời hạn"
	if ends, never := identity.Expiry(born, issued); !never {
		who.Expires = ends[len(ends)-1].Format(strokes)
	}
	bare := func(date string) string { return strings.ReplaceAll(date, "/", "") }
	instead := map[string]string{like.Number: who.Number, like.Name: who.Name, like.Sex: who.Sex, like.Address: who.Address,
		like.Born: who.Born, bare(like.Born): bare(who.Born), like.Issued: who.Issued, like.Expires: who.Expires, like.Former: who.Former}
	who.Entries = nil
	for _, e := range like.Entries {
		if own, ok := instead[e.Text]; ok && e.Text != "" {
			e.Text = own
		}
		who.Entries = append(who.Entries, e)
	}
	return who, nil
}

// plain writes a name as the machine readable zone does: "NGUYEN<<VAN<MAU".
func plain(name string) string {
	letters := strings.Map(func(r rune) rune {
		switch {
		case r == 'đ' || r == 'Đ':
			return 'D'
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFD.String(name))
	words := strings.Fields(letters)
	return words[0] + "<<" + strings.Join(words[1:], "<")
}
