// Package keys makes and loads what central proves itself with and what a
// station gets at enrolment: a certificate authority, certificates for mutual
// TLS, and the age identity that opens what stations seal.
//
// The keys lie unencrypted in a folder that only its owner may enter. They are
// for trials and tests; a city keeps its own authority elsewhere.
package keys

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// Files of central's folder.
const (
	caCert     = "ca.crt"
	caKey      = "ca.key"
	serverCert = "server.crt"
	serverKey  = "server.key"
	identity   = "central.age"
	recipients = "recipients.txt"
)

// Files of a station's bundle, beside ca.crt and recipients.txt.
const (
	StationCert = "station.crt" // for mutual TLS, common name = station
	StationKey  = "station.key"
	SigningKey  = "sign.jwk" // signs submissions
)

// Keys is what a running central needs.
type Keys struct {
	TLS *tls.Config    // asks every client for a certificate of our own authority
	IDs []age.Identity // open what stations seal
}

// Make fills dir with new keys; the server certificate is for 127.0.0.1, ::1,
// localhost and hosts. It fails when keys are there already, and writes over none.
func Make(dir string, hosts []string) error {
	if _, err := os.Stat(filepath.Join(dir, caKey)); err == nil {
		return fmt.Errorf("there are keys in %s already: take an empty folder", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	ca, err := newIssuer()
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	server, err := ca.issueServer(append([]string{"127.0.0.1", "::1", "localhost"}, hosts...))
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	for _, f := range []file{
		{serverCert, server.cert, 0o644},
		{serverKey, server.key, 0o600},
		{identity, []byte("# opens what stations seal: keep it, and keep it secret\n" + id.String() + "\n"), 0o600},
		{recipients, []byte("# central\n" + id.Recipient().String() + "\n"), 0o644},
		{caCert, ca.cert, 0o644},
		{caKey, ca.key, 0o600}, // last: it says that all is there
	} {
		if err := f.write(dir); err != nil {
			return fmt.Errorf("make keys: %w", err)
		}
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	return nil
}

// syncDir waits until the names in dir are on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Load reads the keys that Make wrote.
func Load(dir string) (*Keys, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, serverCert), filepath.Join(dir, serverKey))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no keys in %s: make them with central keys %s", dir, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	root, err := os.ReadFile(filepath.Join(dir, caCert))
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("load keys: %s holds no certificate", caCert)
	}
	secret, err := os.ReadFile(filepath.Join(dir, identity))
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	defer clear(secret)
	ids, err := age.ParseIdentities(bytes.NewReader(secret))
	if err != nil {
		return nil, fmt.Errorf("load keys: %s holds no age identity", identity)
	}
	return &Keys{IDs: ids, TLS: &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    roots,
		NextProtos:   []string{"h2", "http/1.1"},
	}}, nil
}

// file is one file to write, new and safe on disk.
type file struct {
	name    string
	content []byte
	mode    fs.FileMode
}

func (f file) write(dir string) error {
	out, err := os.OpenFile(filepath.Join(dir, f.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := out.Write(f.content); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return out.Close()
}
