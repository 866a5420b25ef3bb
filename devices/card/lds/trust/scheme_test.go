package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"
)

// The bytes are DER: PSS is 2A864886F70D01010A, MGF1 2A864886F70D010108, SHA-256
// 608648016503040201 and so on.
func TestReadScheme(t *testing.T) {
	const (
		sha256 = "300B0609608648016503040201"
		sha512 = "300B0609608648016503040203"
		sha1   = "300706052B0E03021A"
		sha224 = "300B0609608648016503040204"
		salt32 = "A203020120"
	)
	sequence := func(parts ...string) string {
		all := ""
		for _, p := range parts {
			all += p
		}
		return hex.EncodeToString([]byte{0x30, byte(len(all) / 2)}) + all
	}
	tagged := func(n byte, inner string) string {
		return hex.EncodeToString([]byte{0xA0 | n, byte(len(inner) / 2)}) + inner
	}
	mask := func(hash string) string { return tagged(1, sequence("06092A864886F70D010108", hash)) }
	pssOID := "06092A864886F70D01010A"
	for _, tt := range []struct {
		name   string
		in     string
		beside crypto.Hash
		want   scheme
		err    error
	}{
		{"RSA over SHA-256", sequence("06092A864886F70D01010B", "0500"), 0, scheme{pkcs1, crypto.SHA256, 0}, nil},
		{"RSA, digest beside it", sequence("06092A864886F70D010101", "0500"), crypto.SHA384, scheme{pkcs1, crypto.SHA384, 0}, nil},
		{"RSA, no digest anywhere", sequence("06092A864886F70D010101", "0500"), 0, scheme{}, SignatureUnknown},
		{"RSA over SHA-1", sequence("06092A864886F70D010105", "0500"), 0, scheme{}, DigestSHA1},
		{"RSA over MD5", sequence("06092A864886F70D010104", "0500"), 0, scheme{}, SignatureUnknown},
		{"ECDSA over SHA-512", sequence("06082A8648CE3D040304"), 0, scheme{curves, crypto.SHA512, 0}, nil},
		{"ECDSA over SHA-1", sequence("06072A8648CE3D0401"), 0, scheme{}, DigestSHA1},
		{"PSS over SHA-256", sequence(pssOID, sequence(tagged(0, sha256), mask(sha256), salt32)), 0, scheme{pss, crypto.SHA256, 32}, nil},
		{"PSS, salt by default", sequence(pssOID, sequence(tagged(0, sha512), mask(sha512))), 0, scheme{pss, crypto.SHA512, 20}, nil},
		{"PSS without parameters", sequence(pssOID), 0, scheme{}, DigestSHA1},
		{"PSS with all defaults", sequence(pssOID, "3000"), 0, scheme{}, DigestSHA1},
		{"PSS, mask by default", sequence(pssOID, sequence(tagged(0, sha256), salt32)), 0, scheme{}, DigestSHA1},
		{"PSS over SHA-1 by name", sequence(pssOID, sequence(tagged(0, sha1), mask(sha256), salt32)), 0, scheme{}, DigestSHA1},
		{"PSS, mask over SHA-1", sequence(pssOID, sequence(tagged(0, sha256), mask(sha1), salt32)), 0, scheme{}, DigestSHA1},
		{"PSS over SHA-224", sequence(pssOID, sequence(tagged(0, sha224), mask(sha224), salt32)), 0, scheme{}, DigestUnknown},
		{"PSS, two digests", sequence(pssOID, sequence(tagged(0, sha256), mask(sha512), salt32)), 0, scheme{}, SignatureUnknown},
		{"PSS, another mask", sequence(pssOID, sequence(tagged(0, sha256), tagged(1, sequence("06092A864886F70D010109", sha256)), salt32)), 0, scheme{}, SignatureUnknown},
		{"PSS without salt", sequence(pssOID, sequence(tagged(0, sha256), mask(sha256), "A203020100")), 0, scheme{}, SignatureUnknown},
		{"PSS, salt below nothing", sequence(pssOID, sequence(tagged(0, sha256), mask(sha256), "A2030201FF")), 0, scheme{}, SignatureUnknown},
		{"no sequence", "0500", 0, scheme{}, SODGarbled},
		{"nothing", "", 0, scheme{}, SODGarbled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := hex.DecodeString(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := readScheme(in, tt.beside); got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("readScheme = %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// A key is never used by the scheme of another kind.
func TestVerifyTakesNoOtherKey(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sum := crypto.SHA256.New().Sum(nil)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum)
	if err != nil {
		t.Fatal(err)
	}
	if err := (scheme{curves, crypto.SHA256, 0}).verify(&key.PublicKey, nil, signature); err != nil {
		t.Errorf("its own scheme: %v", err)
	}
	if err := (scheme{pkcs1, crypto.SHA256, 0}).verify(&key.PublicKey, nil, signature); !errors.Is(err, SignatureUnknown) {
		t.Errorf("an EC key by RSA: %v", err)
	}
	if err := (scheme{curves, crypto.SHA256, 0}).verify(nil, nil, signature); !errors.Is(err, SignatureUnknown) {
		t.Errorf("no key: %v", err)
	}
}
