package cable

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"
)

// portal is a captive portal as cafés and hotels have them: it takes every
// request for its own and answers 200 with its page, over plain HTTP or behind
// a certificate that it made itself.
type portal struct{ tls *tls.Config }

const portalPage = `<!doctype html><title>Wi-Fi</title><h1>Chào mừng! Vui lòng đăng nhập để dùng Internet.</h1>`

// portalLimit is how long one connection may take.
const portalLimit = 10 * time.Second

func newPortal() (*portal, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wifi.portal"},
		NotBefore: now.AddDate(0, 0, -7), NotAfter: now.AddDate(1, 0, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &portal{&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}, nil
}

// serve answers what comes on conn until it ends.
func (p *portal) serve(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(portalLimit))
	in := bufio.NewReader(conn)
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	const handshake = 22 // TLS record type, RFC 8446, section 5.1
	if first[0] == handshake {
		secret := tls.Server(peeked{conn, in}, p.tls)
		defer secret.Close()
		p.answer(secret, bufio.NewReader(secret))
		return
	}
	p.answer(conn, in)
}

func (p *portal) answer(w io.Writer, in *bufio.Reader) {
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
			len(portalPage), portalPage); err != nil {
			return
		}
	}
}

// peeked is a connection of which a little was read already.
type peeked struct {
	net.Conn
	in *bufio.Reader
}

// Read gives what was peeked at first.
func (p peeked) Read(b []byte) (int, error) { return p.in.Read(b) }
