package submission

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStationKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sign.jwk")
	key := NewStationKey("CN-03", time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))
	if err := key.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := LoadStationKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(key.Public(), got.Public()); diff != "" {
		t.Error(diff)
	}
	if err := key.Save(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("Save over a key: %v", err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := NewStationKey("CN-03", time.Time{}).Public()
	for name, content := range map[string]string{
		"empty":         "",
		"no JSON":       "-----BEGIN PRIVATE KEY-----",
		"other station": strings.Replace(string(good), `"station":"CN-03"`, `"station":"CN-04"`, 1),
		"other public":  strings.Replace(string(good), base64.RawURLEncoding.EncodeToString(key.Public().Key), base64.RawURLEncoding.EncodeToString(other.Key), 1),
		"other curve":   strings.Replace(string(good), "Ed25519", "X25519", 1),
	} {
		bad := filepath.Join(t.TempDir(), "bad.jwk")
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadStationKey(bad)
		if err == nil || strings.Contains(err.Error(), base64.RawURLEncoding.EncodeToString(key.private.Seed())) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadStationKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
}
