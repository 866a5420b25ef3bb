package trust

import (
	"bytes"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Rules are what a station asks of a proof beyond the signatures.
type Rules struct {
	// State is the country code that the anchor must have, "VN"; "" takes any.
	State string
	// RequireCRL makes a missing or outdated revocation list a doubt, which keeps
	// the level at ChipRead. Without it, it is a note.
	RequireCRL bool
}

// Anchors are the root certificates that a station trusts and their revocation
// lists. They do not change; safe for use by several goroutines.
type Anchors struct {
	rules Rules
	roots []*certificate
	lists []*revocations
}

// largest is the most bytes that a file of anchors may have: a list of the
// revocations of a whole state with room to spare.
const largest = 16 << 20

// Faults are the files of a folder of anchors that could not be taken, or not
// whole, one error each that names the file.
type Faults []error

// Error names every file, one a line.
func (f Faults) Error() string { return errors.Join(f...).Error() }

// Unwrap gives the errors to errors.Is.
func (f Faults) Unwrap() []error { return f }

// Open reads every file in dir that ends in .cer, .crt, .der, .pem or .crl, DER
// or PEM, certificates and revocation lists alike. One file at fault, as of a
// state that signs on a curve that is not known here, does not spoil the others:
// the error is Faults then, beside anchors of all that could be read, which are
// good to use. Anchors are nil only if dir cannot be read. An empty folder is no
// fault.
func Open(dir string, rules Rules) (*Anchors, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder of trust anchors: %w", err)
	}
	a := &Anchors{rules: rules}
	var faults Faults
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".cer", ".crt", ".der", ".pem", ".crl":
		default:
			continue
		}
		if err := a.load(filepath.Join(dir, e.Name())); err != nil {
			faults = append(faults, fmt.Errorf("trust anchor %s: %w", e.Name(), err))
		}
	}
	if len(faults) > 0 {
		return a, faults
	}
	return a, nil
}

// New makes anchors of certificates and revocation lists in DER or PEM. Unlike
// Open it fails on the first that cannot be read.
func New(rules Rules, files ...[]byte) (*Anchors, error) {
	a := &Anchors{rules: rules}
	for i, f := range files {
		if err := a.add(f); err != nil {
			return nil, fmt.Errorf("trust anchor %d: %w", i+1, err)
		}
	}
	return a, nil
}

// Len says how many root certificates and revocation lists there are.
func (a *Anchors) Len() (roots, lists int) { return len(a.roots), len(a.lists) }

// Good says how many of them are good to use as of now: root certificates that are
// valid, and revocation lists that need not be renewed yet.
func (a *Anchors) Good(now time.Time) (roots, lists int) {
	for _, root := range a.roots {
		if root.validAt(now) {
			roots++
		}
	}
	for _, list := range a.lists {
		if list.isFresh(now) {
			lists++
		}
	}
	return roots, lists
}

func (a *Anchors) load(path string) error {
	if st, err := os.Stat(path); err != nil {
		return err
	} else if st.Size() > largest {
		return fmt.Errorf("file is larger than %d bytes", largest)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return a.add(content)
}

func (a *Anchors) add(content []byte) error {
	if !bytes.Contains(content, []byte("-----BEGIN ")) {
		return a.addDER(content)
	}
	var faults []error
	n := 0
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		n++
		if err := a.addDER(block.Bytes); err != nil {
			faults = append(faults, fmt.Errorf("block %d: %w", n, err))
		}
	}
	if n == 0 {
		return errors.New("PEM without a block")
	}
	return errors.Join(faults...)
}

func (a *Anchors) addDER(in []byte) error {
	if list, err := readRevocations(in); err == nil {
		a.lists = append(a.lists, list)
		return nil
	}
	c, err := readCertificate(in)
	switch {
	case errors.Is(err, SignatureUnknown):
		return errors.New("certificate with a key of an unknown kind or curve")
	case err != nil:
		return errors.New("neither a certificate nor a revocation list")
	case !c.ca || c.usage != 0 && c.usage&keyCertSign == 0:
		return errors.New("certificate is not that of an authority")
	}
	a.roots = append(a.roots, c)
	return nil
}

// revocations is a certificate revocation list (RFC 5280, 5.1).
type revocations struct {
	signed
	issuer  name
	next    time.Time // when it should be renewed; zero = not given
	serials map[string]struct{}
}

// isFresh says whether the list need not be renewed yet. One that never says when
// is none to rely on (ICAO Doc 9303-12, 7.1.4, wants it said).
func (r *revocations) isFresh(now time.Time) bool { return !now.After(r.next) }

var (
	errRevocations  = errors.New("not a revocation list")
	oidDeltaCRL     = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidDistribution = asn1.ObjectIdentifier{2, 5, 29, 28}
)

func readRevocations(in []byte) (*revocations, error) {
	list := &revocations{serials: map[string]struct{}{}}
	var ok bool
	if list.signed, ok = readSigned(in); !ok {
		return nil, errRevocations
	}
	body := cryptobyte.String(list.body)
	var algorithm, revoked, extensions cryptobyte.String
	var this time.Time
	var hasRevoked, extended bool
	var version int
	if !body.ReadASN1(&body, der.SEQUENCE) || body.PeekASN1Tag(der.INTEGER) && !body.ReadASN1Integer(&version) ||
		!body.ReadASN1Element(&algorithm, der.SEQUENCE) || !bytes.Equal(algorithm, list.algorithm) ||
		!list.issuer.read(&body) || !readTime(&body, &this) ||
		!body.Empty() && !body.PeekASN1Tag(der.SEQUENCE) && !body.PeekASN1Tag(tagged(0)) && !readTime(&body, &list.next) ||
		!body.ReadOptionalASN1(&revoked, &hasRevoked, der.SEQUENCE) ||
		!body.ReadOptionalASN1(&extensions, &extended, tagged(0)) || !body.Empty() {
		return nil, errRevocations
	}
	for !revoked.Empty() {
		var one cryptobyte.String
		serial := new(big.Int)
		if !revoked.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1Integer(serial) {
			return nil, errRevocations
		}
		list.serials[serial.String()] = struct{}{}
	}
	// A list of changes, or of some of the revocations, is not the whole list.
	whole := func(id asn1.ObjectIdentifier, critical bool, _ cryptobyte.String) bool {
		return !critical && !id.Equal(oidDeltaCRL) && !id.Equal(oidDistribution)
	}
	if extended && !readExtensions(extensions, whole) {
		return nil, errRevocations
	}
	return list, nil
}
