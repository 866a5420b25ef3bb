package uplink

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/submission"
)

func TestLoadBundle(t *testing.T) {
	a := newAuthority(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(dir string)
		want  string // in the error; "" = none
	}{
		{"as enrolled", func(string) {}, ""},
		{"nothing there", func(dir string) { must(os.RemoveAll(dir)) }, "enrol the station"},
		{"key open to others", func(dir string) { must(os.Chmod(filepath.Join(dir, fileKey), 0o644)) }, "chmod 600"},
		{"no certificate", func(dir string) { must(os.Remove(filepath.Join(dir, fileCert))) }, fileCert},
		{"key of another certificate", func(dir string) {
			other := filepath.Join(t.TempDir(), "other")
			writeBundle(t, other, a)
			must(os.Rename(filepath.Join(other, fileKey), filepath.Join(dir, fileKey)))
		}, "private key does not match"},
		{"authority is rubbish", func(dir string) { must(os.WriteFile(filepath.Join(dir, fileCA), []byte("x"), 0o600)) }, "no certificate"},
		{"no signing key", func(dir string) { must(os.Remove(filepath.Join(dir, fileSigningKey))) }, fileSigningKey},
		{"signing key of another station", func(dir string) {
			must(os.Remove(filepath.Join(dir, fileSigningKey)))
			must(submission.NewStationKey("CN-99", time.Time{}).Save(filepath.Join(dir, fileSigningKey)))
		}, "CN-99"},
		{"nobody to seal to", func(dir string) { must(os.WriteFile(filepath.Join(dir, fileRecipients), []byte("# none\n"), 0o600)) }, fileRecipients},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "bundle")
			writeBundle(t, dir, a)
			c.spoil(dir)
			b, err := LoadBundle(dir)
			switch {
			case c.want == "" && (err != nil || b.Station != station || b.Key.Station() != station || len(b.To) != 1 || b.TLS.RootCAs == nil):
				t.Errorf("LoadBundle = %+v, %v", b, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("LoadBundle = %v, want an error that says %q", err, c.want)
			}
		})
	}
}
