package keys

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk/submission"
)

// Enrol makes the bundle of one station in the folder to: its certificate and
// key for mutual TLS, its signing key, the authority's certificate and central's
// recipients. It gives the public key that central registers. It fails when
// there is a bundle already.
func Enrol(dir, station, to string) (submission.PublicKey, error) {
	fail := func(err error) (submission.PublicKey, error) {
		return submission.PublicKey{}, fmt.Errorf("enrol %s: %w", station, err)
	}
	ca, err := loadIssuer(dir)
	if err != nil {
		return fail(err)
	}
	seals, err := os.ReadFile(filepath.Join(dir, recipients))
	if err != nil {
		return fail(err)
	}
	pair, err := ca.issueStation(station)
	if err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fail(err)
	}
	signing := submission.NewStationKey(station, time.Now().Add(holding).Truncate(time.Second).UTC())
	if err := signing.Save(filepath.Join(to, SigningKey)); err != nil {
		return fail(err)
	}
	for _, f := range []file{
		{StationCert, pair.cert, 0o644},
		{StationKey, pair.key, 0o600},
		{caCert, ca.cert, 0o644},
		{recipients, seals, 0o644},
	} {
		if err := f.write(to); err != nil {
			return fail(err)
		}
	}
	if err := syncDir(to); err != nil {
		return fail(err)
	}
	return signing.Public(), nil
}
