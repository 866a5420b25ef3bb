package keys

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk/submission"
)

func madeKeys(t *testing.T, hosts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "central")
	if err := Make(dir, hosts); err != nil {
		t.Fatal(err)
	}
	return dir
}

// greet lets a station with the bundle shake hands with central as host, at
// the time when, and gives what each side says.
func greet(t *testing.T, central *Keys, bundle, host string, when time.Time) (station string, clientErr, serverErr error) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(bundle, StationCert), filepath.Join(bundle, StationKey))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(bundle, caCert))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	in := tls.Server(theirs, central.TLS)
	ended := make(chan error, 1)
	go func() {
		err := in.HandshakeContext(t.Context())
		if err != nil {
			_ = theirs.Close()
		}
		ended <- err
	}()
	out := tls.Client(ours, &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, ServerName: host, Time: func() time.Time { return when }})
	clientErr = out.HandshakeContext(t.Context())
	if clientErr != nil {
		_ = ours.Close()
	}
	serverErr = <-ended
	if chains := in.ConnectionState().VerifiedChains; serverErr == nil && len(chains) > 0 {
		station = chains[0][0].Subject.CommonName
	}
	return station, clientErr, serverErr
}

func TestStationAndCentralKnowEachOther(t *testing.T) {
	dir := madeKeys(t, "central.example.vn")
	bundle := filepath.Join(t.TempDir(), "bundle")
	public, err := Enrol(dir, "CN-03", bundle)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	// A flat battery sets a clock back by days; central may be away for years.
	for name, when := range map[string]time.Time{"now": now, "two days behind": now.Add(-48 * time.Hour), "two days ahead": now.Add(48 * time.Hour), "years later": now.AddDate(4, 0, 0)} {
		if station, c, s := greet(t, k, bundle, "central.example.vn", when); station != "CN-03" || c != nil || s != nil {
			t.Errorf("%s: station %q, client %v, server %v", name, station, c, s)
		}
	}
	if _, c, _ := greet(t, k, bundle, "evil.example", now); c == nil {
		t.Error("the station talks to another host")
	}
	other := filepath.Join(t.TempDir(), "bundle")
	if _, err := Enrol(madeKeys(t), "CN-03", other); err != nil {
		t.Fatal(err)
	}
	if _, c, _ := greet(t, k, other, "127.0.0.1", now); c == nil {
		t.Error("a station of another central talks to us")
	}
	key, err := submission.LoadStationKey(filepath.Join(bundle, SigningKey))
	if err != nil || key.ID() != public.ID || public.Station != "CN-03" || public.Expires.Before(now.AddDate(4, 0, 0)) {
		t.Errorf("signing key: %v, %+v", err, public)
	}
}

// A station's certificate makes no other certificate and is no server's.
func TestStationIsNoAuthority(t *testing.T) {
	dir := madeKeys(t)
	bundle := filepath.Join(t.TempDir(), "bundle")
	if _, err := Enrol(dir, "CN-03", bundle); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(bundle, StationCert), filepath.Join(bundle, StationKey))
	if err != nil {
		t.Fatal(err)
	}
	c := pair.Leaf
	if c.IsCA || c.KeyUsage&x509.KeyUsageCertSign != 0 || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		t.Errorf("CA %v, usage %b, extended %v", c.IsCA, c.KeyUsage, c.ExtKeyUsage)
	}
}

func TestSecretsAreOnlyTheOwners(t *testing.T) {
	dir := madeKeys(t)
	bundle := filepath.Join(dir, "stations", "CN-03")
	if _, err := Enrol(dir, "CN-03", bundle); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		dir: 0o700, filepath.Join(dir, caKey): 0o600, filepath.Join(dir, serverKey): 0o600, filepath.Join(dir, identity): 0o600,
		bundle: 0o700, filepath.Join(bundle, StationKey): 0o600, filepath.Join(bundle, SigningKey): 0o600,
	} {
		about, err := os.Stat(path)
		if err != nil || about.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, about.Mode(), err)
		}
	}
	if there, err := filepath.Glob(filepath.Join(bundle, "central*")); err != nil || there != nil {
		t.Errorf("the bundle holds central's own: %v, %v", there, err)
	}
	if err := Make(dir, nil); err == nil {
		t.Error("keys were made over others")
	}
	if _, err := Enrol(dir, "CN-03", bundle); err == nil {
		t.Error("a bundle was made over another")
	}
}

func TestLoadFaults(t *testing.T) {
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty folder loads")
	}
	for _, name := range []string{caCert, identity, serverKey} {
		dir := madeKeys(t)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil {
			t.Errorf("loads with a broken %s", name)
		}
	}
	for _, name := range []string{caCert, caKey, recipients} {
		dir := madeKeys(t)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Enrol(dir, "CN-03", filepath.Join(t.TempDir(), "bundle")); err == nil {
			t.Errorf("enrols without %s", name)
		}
	}
}
