package handover

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

// Certificate gives what a phone is shown.
type Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// Files gives the certificate and key of PEM files, the chain with it, and looks
// at them again when they were replaced. This is the way to run a page: with a
// host name and a certificate of an authority that phones know, they warn of
// nothing. Files fails when the pair cannot be used or is not for host.
func Files(cert, key, host string) (Certificate, error) {
	f := &pair{cert: cert, key: key}
	c, err := f.get(nil)
	if err != nil {
		return nil, err
	}
	if err := c.Leaf.VerifyHostname(host); err != nil {
		return nil, fmt.Errorf("certificate of the upload page: %w: get one for the configured host", err)
	}
	return f.get, nil
}

// pair is a certificate and its key on disk.
type pair struct {
	cert, key string

	mu   sync.Mutex // guards what follows
	have *tls.Certificate
	from time.Time // modification of cert
}

// get gives the pair as it is on disk; one that cannot be read leaves the one
// before in use.
func (f *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	is, err := os.Stat(f.cert)
	if err == nil && f.have != nil && is.ModTime().Equal(f.from) {
		return f.have, nil
	}
	var c tls.Certificate
	if err == nil {
		c, err = tls.LoadX509KeyPair(f.cert, f.key)
	}
	switch {
	case err == nil:
		f.have, f.from = &c, is.ModTime()
	case f.have == nil:
		return nil, fmt.Errorf("certificate of the upload page: %w", err)
	}
	return f.have, nil
}

// How long a certificate of our own holds, and how long before its end another
// is made. Phones refuse leaf certificates of more than 398 days.
const (
	ownLasts = 90 * 24 * time.Hour
	ownEarly = 30 * 24 * time.Hour
)

// SelfSigned makes a certificate for host, a name or an address, in memory. No
// phone knows who signed it: each one warns, and whoever goes on past the
// warning cannot tell the station from another machine in the Wi-Fi that says
// it is one. The code on both screens helps against mistakes, not against fraud.
// Its fingerprint is another one after each start. It is for trying things out,
// and for a Wi-Fi of which all machines are known.
func SelfSigned(host string) (Certificate, error) {
	if host == "" {
		return nil, errors.New("certificate of the upload page: no host")
	}
	s := &self{host: host}
	_, err := s.get(nil)
	return s.get, err
}

type self struct {
	host string

	mu   sync.Mutex // guards what follows
	have *tls.Certificate
}

func (s *self) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.have == nil || now.After(s.have.Leaf.NotAfter.Add(-ownEarly)) {
		c, err := sign(s.host, now)
		if err != nil {
			return nil, err
		}
		s.have = c
	}
	return s.have, nil
}

func sign(host string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: host},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(ownLasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	if ip := net.ParseIP(host); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
