package uplink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"motcua/kiosk/submission"
)

// The files of a station's bundle, as central's enrolment writes them.
const (
	fileCA         = "ca.crt"         // central's own authority
	fileCert       = "station.crt"    // ours for mutual TLS; its common name is the station
	fileKey        = "station.key"    // belongs to it
	fileSigningKey = "sign.jwk"       // signs submissions
	fileRecipients = "recipients.txt" // to whom submissions are sealed
)

// Bundle is all that a station is given at enrolment.
type Bundle struct {
	Station string // "CN-03"
	TLS     *tls.Config
	Key     *submission.StationKey
	To      []age.Recipient
}

// LoadBundle reads the bundle in dir. It fails when a file is missing, when the
// private key may be read by others, or when the files are not of one station.
// Whether certificates are in date is for the connection to find out: the clock
// may be wrong now and right later.
func LoadBundle(dir string) (*Bundle, error) {
	key := filepath.Join(dir, fileKey)
	fi, err := os.Stat(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no station bundle in %s: enrol the station at central and copy its bundle here", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("load station bundle: %w", err)
	}
	if fi.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("load station bundle: %s may be read by others: chmod 600 it", key)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, fileCert), key)
	if err != nil {
		return nil, fmt.Errorf("load station bundle: %w", err)
	}
	root, err := os.ReadFile(filepath.Join(dir, fileCA))
	if err != nil {
		return nil, fmt.Errorf("load station bundle: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("load station bundle: %s holds no certificate; enrol the station again", fileCA)
	}
	b := &Bundle{Station: pair.Leaf.Subject.CommonName, TLS: &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      roots,
	}}
	if b.Key, err = submission.LoadStationKey(filepath.Join(dir, fileSigningKey)); err != nil {
		return nil, fmt.Errorf("load station bundle: %w", err)
	}
	if b.To, err = submission.LoadRecipients(filepath.Join(dir, fileRecipients)); err != nil {
		return nil, fmt.Errorf("load station bundle: %w", err)
	}
	if b.Key.Station() != b.Station {
		return nil, fmt.Errorf("load station bundle: certificate is of %q, signing key of %q; enrol the station again",
			b.Station, b.Key.Station())
	}
	return b, nil
}
