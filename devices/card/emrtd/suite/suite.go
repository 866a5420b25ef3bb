// Package suite holds the ciphers, curves and key derivation that ICAO Doc
// 9303-11 (eighth edition, 2021) names. Both ends of the line need them: the
// terminal in package emrtd and the chip made of software.
//
// Keys and scalars that pass through here are wiped by who made them. What the
// standard library expands a key into cannot be wiped; it goes with the last
// reference.
package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"hash"
)

// Cipher is one of the four ciphers of secure messaging.
type Cipher uint8

// The ciphers, in the order of their object identifiers' last arc (9303-11, 9.2).
const (
	TDES   Cipher = 1 // 3DES with two keys, CBC; retail MAC
	AES128 Cipher = 2 // CBC; CMAC cut to 8 bytes
	AES192 Cipher = 3
	AES256 Cipher = 4
)

// Ciphers lists all of them.
func Ciphers() []Cipher { return []Cipher{TDES, AES128, AES192, AES256} }

// String names the cipher as the standard does.
func (c Cipher) String() string {
	switch c {
	case TDES:
		return "3DES"
	case AES128:
		return "AES-128"
	case AES192:
		return "AES-192"
	case AES256:
		return "AES-256"
	}
	return "unknown cipher"
}

// Valid tells whether c is one of the four.
func (c Cipher) Valid() bool { return c >= TDES && c <= AES256 }

// BlockSize is 8 for 3DES and 16 for AES; the send sequence counter is as long.
func (c Cipher) BlockSize() int {
	if c == TDES {
		return des.BlockSize
	}
	return aes.BlockSize
}

func (c Cipher) keySize() int {
	switch c {
	case AES192:
		return 24
	case AES256:
		return 32
	}
	return 16
}

// Use says what a derived key is for (9303-11, 9.7.1).
type Use uint32

// The counters of the key derivation function.
const (
	ForEncryption Use = 1
	ForMAC        Use = 2
	ForPassword   Use = 3
)

// Derive is the key derivation function of 9303-11, 9.7.1. The caller wipes the
// key.
func (c Cipher) Derive(secret []byte, use Use) []byte {
	var count [4]byte
	binary.BigEndian.PutUint32(count[:], uint32(use))
	var h hash.Hash
	if c == AES192 || c == AES256 {
		h = sha256.New()
	} else {
		h = sha1.New()
	}
	h.Write(secret)
	h.Write(count[:])
	key := h.Sum(nil)[:c.keySize()]
	if c == TDES {
		for i, b := range key {
			key[i] = odd(b)
		}
	}
	return key
}

// odd sets the parity bit of one byte of a DES key.
func odd(b byte) byte {
	ones := byte(1)
	for v := b >> 1; v != 0; v &= v - 1 {
		ones ^= 1
	}
	return b&0xFE | ones
}

// Block gives the block cipher under key, which Derive made and is not kept.
func (c Cipher) Block(key []byte) (cipher.Block, error) {
	if len(key) != c.keySize() || !c.Valid() {
		return nil, errors.New("key does not fit " + c.String())
	}
	if c == TDES {
		var three [24]byte
		defer clear(three[:])
		copy(three[:], key)
		copy(three[16:], key)
		return des.NewTripleDESCipher(three[:])
	}
	return aes.NewCipher(key)
}

// Encrypt encrypts b in place by CBC from iv; b must be whole blocks and iv one.
// It makes no garbage, unlike crypto/cipher, which makes a chain for each message.
func Encrypt(block cipher.Block, iv, b []byte) {
	n := block.BlockSize()
	for ; len(b) >= n; b = b[n:] {
		subtle.XORBytes(b[:n], b[:n], iv)
		block.Encrypt(b[:n], b[:n])
		iv = b[:n]
	}
}

// Decrypt is the inverse of Encrypt.
func Decrypt(block cipher.Block, iv, b []byte) {
	n := block.BlockSize()
	for end := len(b); end >= n; end -= n {
		last := b[end-n : end]
		block.Decrypt(last, last)
		if end > n {
			subtle.XORBytes(last, last, b[end-2*n:end-n])
		} else {
			subtle.XORBytes(last, last, iv)
		}
	}
}

// Pad appends the padding of ISO/IEC 9797-1 method 2 to b, of which the last n
// bytes are the message.
func Pad(b []byte, n, block int) []byte {
	b = append(b, 0x80)
	for n++; n%block != 0; n++ {
		b = append(b, 0)
	}
	return b
}

// ErrPadding says that a message is not padded by ISO/IEC 9797-1 method 2.
var ErrPadding = errors.New("wrong padding")

// Unpad takes the padding off again.
func Unpad(b []byte, block int) ([]byte, error) {
	for i := len(b) - 1; i >= 0 && i >= len(b)-block; i-- {
		switch b[i] {
		case 0:
		case 0x80:
			return b[:i], nil
		default:
			return nil, ErrPadding
		}
	}
	return nil, ErrPadding
}

// MAC makes the 8-byte codes of secure messaging: CMAC over AES, retail MAC over
// DES. It makes no garbage once made.
type MAC interface {
	// Reset begins a new message.
	Reset()
	// Write adds to the message and does not fail.
	Write(b []byte) (int, error)
	// Code gives the code of the message, and ends it. A message for the retail MAC that
	// is not whole blocks is padded by method 2 first. Reset before the next.
	Code() [8]byte
}

// MAC gives the code maker under key, which Derive made and is not kept.
func (c Cipher) MAC(key []byte) (MAC, error) {
	if len(key) != c.keySize() || !c.Valid() {
		return nil, errors.New("key does not fit " + c.String())
	}
	if c == TDES {
		first, err := des.NewCipher(key[:8])
		if err != nil {
			return nil, err
		}
		second, err := des.NewCipher(key[8:])
		return &retail{first: first, second: second}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return newCMAC(block), nil
}

// cmac is CMAC over AES (NIST SP 800-38B), cut to 8 bytes. The packages there are
// make garbage for each code.
type cmac struct {
	block        cipher.Block
	whole, short [aes.BlockSize]byte // subkeys K1 and K2
	state        [aes.BlockSize]byte
	held         int // bytes of the last block, mixed into state
}

func newCMAC(block cipher.Block) *cmac {
	m := &cmac{block: block}
	block.Encrypt(m.whole[:], m.whole[:])
	double(&m.whole, m.whole)
	double(&m.short, m.whole)
	return m
}

// double multiplies by x in GF(2^128).
func double(to *[aes.BlockSize]byte, b [aes.BlockSize]byte) {
	carry := byte(0)
	for i := len(b) - 1; i >= 0; i-- {
		to[i], carry = b[i]<<1|carry, b[i]>>7
	}
	to[len(b)-1] ^= 0x87 & -carry
}

func (m *cmac) Reset() { m.state, m.held = [aes.BlockSize]byte{}, 0 }

func (m *cmac) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		if m.held == aes.BlockSize { // not the last block: that one is special
			m.block.Encrypt(m.state[:], m.state[:])
			m.held = 0
		}
		n := subtle.XORBytes(m.state[m.held:], m.state[m.held:], rest)
		m.held, rest = m.held+n, rest[n:]
	}
	return len(b), nil
}

func (m *cmac) Code() (code [8]byte) {
	subkey := &m.whole
	if m.held < aes.BlockSize {
		m.state[m.held] ^= 0x80
		subkey = &m.short
	}
	subtle.XORBytes(m.state[:], m.state[:], subkey[:])
	m.block.Encrypt(m.state[:], m.state[:])
	copy(code[:], m.state[:])
	return code
}

// retail is MAC algorithm 3 of ISO/IEC 9797-1 over DES.
type retail struct {
	first, second cipher.Block
	state         [8]byte
	held          int // bytes of the unfinished block, mixed into state
}

func (m *retail) Reset() { m.state, m.held = [8]byte{}, 0 }

func (m *retail) Write(b []byte) (int, error) {
	for _, v := range b {
		m.state[m.held] ^= v
		if m.held++; m.held == 8 {
			m.first.Encrypt(m.state[:], m.state[:])
			m.held = 0
		}
	}
	return len(b), nil
}

func (m *retail) Code() [8]byte {
	if m.held != 0 {
		m.state[m.held] ^= 0x80
		m.first.Encrypt(m.state[:], m.state[:])
		m.held = 0
	}
	m.second.Decrypt(m.state[:], m.state[:])
	m.first.Encrypt(m.state[:], m.state[:])
	return m.state
}
