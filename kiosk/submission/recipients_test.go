package submission

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// party is one key of central.
type party interface {
	age.Identity
	String() string
}

func hybrid(t *testing.T) (party, string) {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id, id.Recipient().String()
}

func x25519(t *testing.T) (party, string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id, id.Recipient().String()
}

func recipientsFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recipients.txt")
	if err := os.WriteFile(path, []byte("# central\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Whoever of central's keys is at hand opens what was sealed to several.
func TestEachRecipientOpens(t *testing.T) {
	for name, kind := range map[string]func(*testing.T) (party, string){"x25519": x25519, "hybrid": hybrid} {
		t.Run(name, func(t *testing.T) {
			before, toBefore := kind(t)
			now, toNow := kind(t)
			stranger, _ := kind(t)
			to, err := LoadRecipients(recipientsFile(t, toBefore, toNow))
			if err != nil {
				t.Fatal(err)
			}
			p := newParties(t)
			sealed, _, err := Seal(example(), p.key, to)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []party{before, now} {
				doc, _, err := Open(sealed, []age.Identity{id}, p.find)
				if err != nil || doc.ID != example().ID {
					t.Errorf("Open: id %s, %v", doc.ID, err)
				}
			}
			if _, _, err := Open(sealed, []age.Identity{stranger}, p.find); err == nil {
				t.Error("a key that is no recipient's opens the seal")
			}
		})
	}
}

// A key that a quantum machine opens would undo the one beside it.
func TestRecipientsOfTwoKindsAreRefused(t *testing.T) {
	_, weak := x25519(t)
	_, strong := hybrid(t)
	path := recipientsFile(t, weak, strong)
	if to, err := LoadRecipients(path); err == nil || !strings.Contains(err.Error(), "keys of one kind") {
		t.Errorf("LoadRecipients: %d recipients, %v", len(to), err)
	}
}
