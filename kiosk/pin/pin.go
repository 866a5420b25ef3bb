// Package pin checks the PIN of the staff without knowing it: the configuration
// holds its bcrypt hash alone.
//
// A PIN of few digits can be found by who has the hash and time, so the file that
// holds it is for the kiosk's own account; and by who stands at the screen and
// tries, so a Gate lets few tries through. bcrypt is that of golang.org/x/crypto.
package pin

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Least and Most are how many digits a PIN may have.
const (
	Least = 4
	Most  = 12
)

// cost makes one check take about a tenth of a second.
const cost = 10

// Tries wrong ones in a row close a Gate for Closed.
const (
	Tries  = 5
	Closed = 5 * time.Minute // as long as the sheet of a visit says
)

// ErrForm: a PIN is of 4 to 12 digits.
var ErrForm = fmt.Errorf("a PIN is of %d to %d digits", Least, Most)

// ErrEasy: the first PIN that anybody tries.
var ErrEasy = errors.New("such a PIN is tried first: take one that is no run of equal or following digits")

// Hash gives what the configuration holds of a PIN. It refuses, with ErrForm or
// ErrEasy, what is none and what is guessed at once.
func Hash(pin string) (string, error) {
	switch {
	case !formed(pin):
		return "", ErrForm
	case easy(pin):
		return "", ErrEasy
	}
	h, err := bcrypt.GenerateFromPassword([]byte(pin), cost)
	return string(h), err
}

func formed(pin string) bool {
	return len(pin) >= Least && len(pin) <= Most && strings.Trim(pin, "0123456789") == ""
}

// easy tells that all digits have the same step to the next: 0000, 1234, 8642.
func easy(pin string) bool {
	step := int(pin[1]) - int(pin[0])
	for i := 2; i < len(pin); i++ {
		if int(pin[i])-int(pin[i-1]) != step {
			return false
		}
	}
	return true
}

// CheckHash tells whether a text is a hash that Hash could have made.
func CheckHash(hash string) error {
	_, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return errors.New("not the hash of a PIN: make one with `kioskctl pin`")
	}
	return nil
}

// Gate lets a PIN through, and few wrong ones. Safe for use by several goroutines.
type Gate struct {
	hash []byte
	now  func() time.Time

	mu    sync.Mutex // guards what follows; held while a PIN is checked, so that tries come one by one
	wrong int
	until time.Time // closed until then
}

// NewGate makes a gate for the PIN with that hash. One with "" lets nothing
// through.
func NewGate(hash string, now func() time.Time) *Gate { return &Gate{hash: []byte(hash), now: now} }

// Try tells whether pin is the right one. It takes about a tenth of a second.
// Tries wrong ones close the gate for Closed: then it is not even looked at.
func (g *Gate) Try(pin string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) || len(g.hash) == 0 || !formed(pin) {
		return false
	}
	if bcrypt.CompareHashAndPassword(g.hash, []byte(pin)) == nil {
		g.wrong = 0
		return true
	}
	if g.wrong++; g.wrong >= Tries {
		g.wrong, g.until = 0, g.now().Add(Closed)
	}
	return false
}
