package submission

import (
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// LoadRecipients reads the keys of central to which this station seals, one a
// line; lines of # are remarks. Each of them alone opens what is sealed, so that
// central may change its key while stations still have the one before.
//
// A key is X25519 ("age1…") or hybrid with ML-KEM-768 ("age1pq1…"), which also
// keeps out who records today and computes with a quantum machine later. The two
// kinds never stand in one file: whoever opens the weaker has opened both.
func LoadRecipients(path string) ([]age.Recipient, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open recipients: %w", err)
	}
	defer f.Close()
	to, err := age.ParseRecipients(f)
	if err != nil {
		return nil, fmt.Errorf("recipients %s: %w; enrol the station again", path, err)
	}
	// Better known now than when the first citizen submits.
	w, err := age.Encrypt(io.Discard, to...)
	if err != nil {
		return nil, fmt.Errorf("recipients %s: %w; keep keys of one kind", path, err)
	}
	return to, w.Close()
}
