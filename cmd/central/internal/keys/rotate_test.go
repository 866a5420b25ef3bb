package keys

import (
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk/submission"
)

// sealedTo seals a document to whoever the folder names now.
func sealedTo(t *testing.T, dir string, key *submission.StationKey) []byte {
	t.Helper()
	to, err := submission.LoadRecipients(filepath.Join(dir, recipients))
	if err != nil {
		t.Fatal(err)
	}
	doc := submission.Document{ID: submission.NewID(), Version: submission.Version, Station: key.Station(), CreatedAt: time.Now()}
	sealed, _, err := submission.Seal(doc, key, to)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// What was sealed to any key that central ever had opens today.
func TestRotatedKeysOpenAll(t *testing.T) {
	dir := madeKeys(t)
	key := submission.NewStationKey("CN-03", time.Time{})
	find := func(string) (submission.PublicKey, error) { return key.Public(), nil }
	letters := [][]byte{sealedTo(t, dir, key)}
	for _, hybrid := range []bool{false, true, true} {
		if _, err := Rotate(dir, hybrid); err != nil {
			t.Fatal(err)
		}
		letters = append(letters, sealedTo(t, dir, key))
	}
	central, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(central.IDs), 4; got != want {
		t.Errorf("central has %d keys, want %d", got, want)
	}
	for i, sealed := range letters {
		if _, _, err := submission.Open(sealed, central.IDs, find); err != nil {
			t.Errorf("sealed after %d changes: %v", i, err)
		}
	}
	// The one before the newest still opens: a replica may not have the newest yet.
	if _, _, err := submission.Open(letters[3], central.IDs[1:], find); err != nil {
		t.Errorf("with the key before: %v", err)
	}
	if _, _, err := submission.Open(letters[3], central.IDs[2:], find); err == nil {
		t.Error("a key that was left behind opens what is sealed today")
	}
}

func TestRotateWantsKeys(t *testing.T) {
	if _, err := Rotate(t.TempDir(), false); err == nil {
		t.Error("Rotate made keys out of nothing")
	}
}
