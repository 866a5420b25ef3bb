package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates hold from a month before they are made, as the clock of a
// station with a flat battery may be behind, and for years, as a station may be
// away for long.
const (
	before  = 30 * 24 * time.Hour
	holding = 5 * 365 * 24 * time.Hour
)

// issued is a certificate and its key, in PEM.
type issued struct{ cert, key []byte }

// issuer is the certificate authority.
type issuer struct {
	issued
	x509 *x509.Certificate
	sign *ecdsa.PrivateKey
}

func newIssuer() (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := template("Một Cửa central")
	t.NotAfter = t.NotAfter.Add(holding) // outlives what it issues
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign
	pair, err := pack(t, t, key, key)
	if err != nil {
		return nil, err
	}
	return &issuer{issued: *pair, x509: t, sign: key}, nil
}

func loadIssuer(dir string) (*issuer, error) {
	certPEM, err := os.ReadFile(filepath.Join(dir, caCert))
	if err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(filepath.Join(dir, caKey))
	if err != nil {
		return nil, err
	}
	defer clear(keyPEM)
	c, _ := pem.Decode(certPEM)
	k, _ := pem.Decode(keyPEM)
	if c == nil || k == nil {
		return nil, fmt.Errorf("%s and %s are not PEM", caCert, caKey)
	}
	cert, err := x509.ParseCertificate(c.Bytes)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(k.Bytes)
	if err != nil {
		return nil, errors.New(caKey + " is no key")
	}
	sign, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New(caKey + " is no ECDSA key")
	}
	return &issuer{issued: issued{cert: certPEM, key: keyPEM}, x509: cert, sign: sign}, nil
}

func (a *issuer) issueServer(hosts []string) (*issued, error) {
	t := template("central")
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return a.issue(t)
}

func (a *issuer) issueStation(station string) (*issued, error) {
	t := template(station)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.issue(t)
}

func (a *issuer) issue(t *x509.Certificate) (*issued, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	return pack(t, a.x509, key, a.sign)
}

func template(name string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic("keys: no randomness: " + err.Error())
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-before),
		NotAfter:     now.Add(holding),
	}
}

func pack(t, parent *x509.Certificate, key, sign *ecdsa.PrivateKey) (*issued, error) {
	cert, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), sign)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return &issued{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}, nil
}
