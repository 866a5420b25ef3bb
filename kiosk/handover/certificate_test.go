package handover

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// stored makes a certificate for host and writes it with its key.
func stored(t *testing.T, dir, host string) (cert, key string) {
	t.Helper()
	c, err := sign(host, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: k}, cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func serial(t *testing.T, c Certificate) string {
	t.Helper()
	got, err := c(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return got.Leaf.SerialNumber.String()
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := stored(t, dir, "kiosk-03.example")
	if _, err := Files(cert, key, "kiosk-04.example"); err == nil {
		t.Error("a certificate for another host is taken")
	}
	if _, err := Files(cert, filepath.Join(dir, "none"), "kiosk-03.example"); err == nil {
		t.Error("taken without its key")
	}
	c, err := Files(cert, key, "kiosk-03.example")
	if err != nil {
		t.Fatal(err)
	}
	first := serial(t, c)
	stored(t, dir, "kiosk-03.example")
	if err := os.Chtimes(cert, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if serial(t, c) == first {
		t.Error("a new certificate is not taken up")
	}
	now := serial(t, c)
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if serial(t, c) != now {
		t.Error("a damaged file took the certificate away")
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if serial(t, c) != now {
		t.Error("a file that is gone took the certificate away")
	}
}

func TestSelfSigned(t *testing.T) {
	if _, err := SelfSigned(""); err == nil {
		t.Error("made one for nobody")
	}
	for _, host := range []string{"192.168.10.5", "kiosk-03.example"} {
		c, err := SelfSigned(host)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c(nil)
		if err != nil || got.Leaf.VerifyHostname(host) != nil {
			t.Errorf("%s: not for its host: %v", host, err)
		}
		if left := time.Until(got.Leaf.NotAfter); left > 398*24*time.Hour {
			t.Errorf("holds %v, longer than phones take", left)
		}
		if first, second := serial(t, c), serial(t, c); first != second {
			t.Error("another one each time")
		}
	}
	old, err := sign("kiosk", time.Now().Add(-ownLasts+ownEarly/2))
	if err != nil {
		t.Fatal(err)
	}
	s := &self{host: "kiosk", have: old}
	if got, err := s.get(nil); err != nil || got.Leaf.SerialNumber.Cmp(old.Leaf.SerialNumber) == 0 {
		t.Errorf("one that ends soon is kept: %v", err)
	}
}

// TestAddressAway: until the address is this machine's the page is not there,
// and the station is told so once.
func TestAddressAway(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	told := make(chan error, 8)
	own, err := SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{Listen: taken.Addr().String(), Certificate: own, Texts: texts(t), Log: slog.New(slog.DiscardHandler),
		Told: func(ready bool, err error) {
			if ready != (err == nil) {
				t.Errorf("ready %t, %v", ready, err)
			}
			told <- err
		}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := <-told; err == nil {
		t.Error("served on an address that is not to be had")
	}
	if _, ok := p.Open(Ask{}); ok {
		t.Error("a page opened that nobody can reach")
	}
	stop()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run = %v", err)
	}
}

// TestPresent: a machine that left the Wi-Fi knows.
func TestPresent(t *testing.T) {
	own := []net.Addr{&net.IPNet{IP: net.IPv4(192, 168, 10, 5), Mask: net.CIDRMask(24, 32)}}
	for listen, want := range map[string]bool{"192.168.10.5:8443": true, "192.168.10.6:8443": false, "0.0.0.0:8443": true, "[::]:8443": true} {
		p := New(Options{Listen: listen})
		p.addrs = func() ([]net.Addr, error) { return own, nil }
		if got := p.present(); got != want {
			t.Errorf("%s: present %t", listen, got)
		}
	}
}
