package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// Rotate gives central a new key to which stations seal from now on, hybrid with
// ML-KEM-768 if asked for. Every key before it stays in central's folder and
// opens what was sealed to it, for as long as a station may be offline.
//
// Stations seal to the new key and the one before it, if that is of the same
// kind, as soon as they have the new recipients.txt, whose path is returned: put
// it into each bundle in place of the old one and start the kiosk again.
// Central itself must be started again first.
func Rotate(dir string, hybrid bool) (path string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("rotate central's key: %w", err)
		}
	}()
	secrets, err := os.ReadFile(filepath.Join(dir, identity))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no keys in %s: make them with central keys %s", dir, dir)
	}
	if err != nil {
		return "", err
	}
	defer clear(secrets)
	secret, public, err := newKey(hybrid)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, recipients)
	old, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	to := "# central\n" + public + "\n"
	if before := newest(old); strings.HasPrefix(before, "age1pq1") == hybrid {
		to += before + "\n"
	}
	// The secret is safe on disk before anybody can seal to it.
	if err := replace(filepath.Join(dir, identity), append([]byte(secret+"\n"), secrets...), 0o600); err != nil {
		return "", err
	}
	return path, replace(path, []byte(to), 0o644)
}

// newKey makes an identity and its recipient.
func newKey(hybrid bool) (secret, public string, err error) {
	if hybrid {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", "", err
		}
		return id.String(), id.Recipient().String(), nil
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return id.String(), id.Recipient().String(), nil
}

// newest is the first recipient of a file.
func newest(file []byte) string {
	for line := range bytes.Lines(file) {
		if line := strings.TrimSpace(string(line)); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

// replace puts new content in the place of a file, whole or not at all.
func replace(path string, content []byte, mode fs.FileMode) error {
	next := file{filepath.Base(path) + ".new", content, mode}
	dir := filepath.Dir(path)
	if err := os.Remove(filepath.Join(dir, next.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := next.write(dir); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, next.name), path); err != nil {
		return err
	}
	return syncDir(dir)
}
