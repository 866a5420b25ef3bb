package submission

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/go-jose/go-jose/v4"
	"github.com/gowebpki/jcs"
)

// The "typ" of the signature tells the version of the document.
const (
	typ   = "vnd.motcua.submission+jws"
	typV1 = typ + "; version=1"
)

// Seal signs doc and seals it to central. digest is the value of the
// Content-Digest header (RFC 9530) of the sealed bytes: what is stored and sent
// again is always these bytes, never a second sealing. What was readable is
// wiped before Seal returns.
//
// It fails when doc is another station's than the signer's (ErrForeign), is of
// another version (ErrVersion) or too large (ErrTooLarge).
func Seal(doc Document, signer *StationKey, to []age.Recipient) (sealed []byte, digest string, err error) {
	if doc.Version != Version {
		return nil, "", fmt.Errorf("seal submission %s: version %d: %w", doc.ID, doc.Version, ErrVersion)
	}
	if doc.Station != signer.Station() {
		return nil, "", fmt.Errorf("seal submission %s: it is of %s, the key of %s: %w",
			doc.ID, doc.Station, signer.Station(), ErrForeign)
	}
	payload, err := Canonical(doc)
	if err != nil {
		return nil, "", err
	}
	defer clear(payload)
	signed, err := sign(payload, signer)
	if err != nil {
		return nil, "", fmt.Errorf("seal submission %s: %w", doc.ID, err)
	}
	defer clear(signed)

	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, "", fmt.Errorf("seal submission %s: %w", doc.ID, err)
	}
	if _, err := w.Write(signed); err != nil {
		return nil, "", fmt.Errorf("seal submission %s: %w", doc.ID, err)
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("seal submission %s: %w", doc.ID, err)
	}
	if out.Len() > MaxSealed {
		return nil, "", fmt.Errorf("seal submission %s: %d bytes of at most %d: %w", doc.ID, out.Len(), MaxSealed, ErrTooLarge)
	}
	return out.Bytes(), Digest(out.Bytes()), nil
}

// Digest gives the value of the Content-Digest header (RFC 9530) of b.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// sign makes the compact serialisation (RFC 7515, 7.1) by hand: a library gives
// it as a string, and a string cannot be wiped.
func sign(payload []byte, signer *StationKey) ([]byte, error) {
	head, err := json.Marshal(map[string]string{"alg": "EdDSA", "kid": signer.ID(), "typ": typV1})
	if err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding
	// Room for all, so that append never moves what is to be wiped.
	jws := make([]byte, 0, enc.EncodedLen(len(head))+enc.EncodedLen(len(payload))+enc.EncodedLen(ed25519.SignatureSize)+2)
	jws = enc.AppendEncode(jws, head)
	jws = append(jws, '.')
	jws = enc.AppendEncode(jws, payload)
	signature := ed25519.Sign(signer.private, jws)
	jws = append(jws, '.')
	return enc.AppendEncode(jws, signature), nil
}

// Open unseals, verifies the signature and reads the document; raw is its
// canonical form as signed. keys finds the signer.
//
// It fails with ErrNotForUs, ErrTampered, ErrForeign, ErrVersion, ErrExpired,
// ErrMalformed or ErrTooLarge, or with what keys could not do. That the
// document follows the schema is for Schema to say.
func Open(sealed []byte, ids []age.Identity, keys KeyFinder) (Document, []byte, error) {
	signed, err := unseal(sealed, ids)
	if err != nil {
		return Document{}, nil, err
	}
	defer clear(signed)
	payload, key, err := verify(signed, keys)
	if err != nil {
		return Document{}, nil, err
	}
	doc, err := read(payload)
	if err != nil {
		return Document{}, nil, err
	}
	if doc.Station != key.Station {
		return Document{}, nil, fmt.Errorf("submission %s: names another station than its signer %s: %w", idOf(doc), key.Station, ErrForeign)
	}
	if !key.Expires.IsZero() && doc.CreatedAt.After(key.Expires) {
		return Document{}, nil, fmt.Errorf("submission %s: key %s: %w", idOf(doc), key.ID, ErrExpired)
	}
	return doc, payload, nil
}

func unseal(sealed []byte, ids []age.Identity) ([]byte, error) {
	if len(sealed) > MaxSealed {
		return nil, ErrTooLarge
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), ids...)
	var nobody *age.NoIdentityMatchError
	if errors.As(err, &nobody) {
		return nil, ErrNotForUs
	}
	if err != nil {
		return nil, ErrTampered
	}
	// The plain text is shorter than the sealed one, so this bounds it too.
	signed, err := io.ReadAll(r)
	if err != nil {
		clear(signed)
		return nil, ErrTampered
	}
	return signed, nil
}

func verify(signed []byte, keys KeyFinder) ([]byte, PublicKey, error) {
	jws, err := jose.ParseSignedCompact(string(signed), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, PublicKey{}, ErrTampered
	}
	head := jws.Signatures[0].Protected
	kind, _ := head.ExtraHeaders[jose.HeaderType].(string)
	if kind != typV1 {
		if strings.HasPrefix(kind, typ+";") {
			return nil, PublicKey{}, ErrVersion
		}
		return nil, PublicKey{}, ErrTampered
	}
	key, err := keys(head.KeyID)
	if err != nil {
		return nil, PublicKey{}, err
	}
	payload, err := jws.Verify(key.Key)
	if err != nil {
		return nil, PublicKey{}, ErrTampered
	}
	return payload, key, nil
}

func read(payload []byte) (Document, error) {
	canonical, err := jcs.Transform(payload)
	if err != nil || !bytes.Equal(canonical, payload) {
		return Document{}, fmt.Errorf("not canonical: %w", ErrMalformed)
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	var doc Document
	if err := d.Decode(&doc); err != nil {
		return Document{}, ErrMalformed // what the decoder says may quote the document
	}
	if doc.Version != Version {
		return Document{}, ErrVersion
	}
	return doc, nil
}

// idOf gives the id for an error, or says that it is none: a field may hold
// anything as long as the schema was not checked.
func idOf(doc Document) string {
	if ValidID(doc.ID) {
		return doc.ID
	}
	return "without a proper id"
}
