package desk

import (
	"strings"
	"testing"
	"time"

	"motcua/kiosk/identity"
)

// The cards in the drawer are what they are called.
func TestCardsAreWhatTheySay(t *testing.T) {
	for _, now := range []time.Time{time.Now(), time.Date(2031, 3, 1, 9, 0, 0, 0, time.UTC), time.Date(2027, 12, 31, 9, 0, 0, 0, time.UTC)} {
		for _, c := range Cards(now) {
			found, err := identity.Read(c.Text, now)
			good := err == nil && found.Kind == identity.Card
			if want := strings.HasPrefix(c.ID, "card-") && c.ID != "card-expired"; good != want {
				t.Errorf("%d: %s is read as a good card: %v (%v, %v), want %v", now.Year(), c.ID, good, found.Kind, err, want)
			}
		}
	}
}
