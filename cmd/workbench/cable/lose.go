package cable

import (
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
)

// handshakeRecords is how many encrypted records a station sends before its
// first request: certificate, proof of its key, finished (RFC 8446, section 2;
// crypto/tls sends each message as a record of its own).
const handshakeRecords = 3

// TLS record types (RFC 8446, section 5.1).
const recordData = 23

// losing gives the two directions of a connection whose requests arrive and
// whose replies do not: once the station has sent a record past its handshake,
// nothing more reaches it. The connection ends, without a word, with the
// station's patience.
func losing() (up, down func(to, from net.Conn) error) {
	var asked atomic.Bool
	up = func(to, from net.Conn) error {
		defer ended(to)
		sent := 0
		return records(from, func(kind byte, record []byte) error {
			if kind == recordData {
				if sent++; sent > handshakeRecords {
					asked.Store(true)
				}
			}
			_, err := to.Write(record)
			return err
		})
	}
	down = func(to, from net.Conn) error {
		return records(from, func(_ byte, record []byte) error {
			if asked.Load() {
				return nil // lost
			}
			_, err := to.Write(record)
			return err
		})
	}
	return up, down
}

// records reads TLS records until from ends and hands each on, header and all.
func records(from io.Reader, each func(kind byte, record []byte) error) error {
	const header = 5
	buf := make([]byte, header+1<<16)
	for {
		if _, err := io.ReadFull(from, buf[:header]); err != nil {
			return err
		}
		n := header + int(binary.BigEndian.Uint16(buf[3:header]))
		if _, err := io.ReadFull(from, buf[header:n]); err != nil {
			return err
		}
		if err := each(buf[0], buf[:n]); err != nil {
			return err
		}
	}
}
