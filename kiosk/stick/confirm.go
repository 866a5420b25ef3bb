package stick

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// What can be wrong with a confirmation, beside ErrAltered and ErrNewer. Test
// with errors.Is.
var (
	// ErrForged: signed by somebody else than central.
	ErrForged = errors.New("not signed by this station's central")
	// ErrForeign: central wrote it for another station.
	ErrForeign = errors.New("confirmation is another station's")
	// ErrDate: central's certificate is not valid at the time that it is now here.
	ErrDate = errors.New("central's certificate is not valid at this station's time: set its clock")
	// ErrUnconfirmed: central wrote nothing for this station on the stick.
	ErrUnconfirmed = errors.New("no confirmation of central's")
)

// Confirmation is what central says of submissions that came on a stick. It lies
// in their folder, as a JWS (RFC 7515) by the key of central's own certificate,
// which stands in its header (x5c): whoever could answer a station over the
// network, and nobody else, can write one. It names no person.
type Confirmation struct {
	Version int       `json:"version"`
	Station string    `json:"station"`
	Made    time.Time `json:"made"` // by central's clock
	Words   []Word    `json:"words"`
}

// Word is what central says of one submission.
type Word struct {
	// Digest is of the bytes that came, as a Content-Digest header.
	Digest string `json:"digest"`
	// Status is as central tells it over the network.
	Status contract.Status `json:"status"`
}

const (
	confirmationVersion = 1
	confirmationType    = "vnd.motcua.confirmation+jws; version=1"
	// MaxConfirmation is how many bytes one file of a confirmation may have.
	MaxConfirmation = 4 << 20
	maxWords        = 1000     // in one file: half of MaxConfirmation if all are refused
	maxHead         = 64 << 10 // bytes of the header, certificates and all
)

var (
	confirmationFile = regexp.MustCompile(`^C[0-9]{7}\.JWS$`)
	digestForm       = regexp.MustCompile(`^sha-256=:[A-Za-z0-9+/]{43}=:$`)
	algorithms       = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.PS256, jose.EdDSA}
)

// Sign gives c as a file, signed with central's certificate.
func (c Confirmation) Sign(with tls.Certificate) ([]byte, error) {
	alg, err := algorithmOf(with.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("stick: sign a confirmation: %w", err)
	}
	var chain []string
	for _, der := range with.Certificate {
		chain = append(chain, base64.StdEncoding.EncodeToString(der))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: with.PrivateKey},
		(&jose.SignerOptions{}).WithType(confirmationType).WithHeader("x5c", chain))
	if err != nil {
		return nil, fmt.Errorf("stick: sign a confirmation: %w", err)
	}
	c.Version = confirmationVersion
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("stick: sign a confirmation: %w", err)
	}
	jws, err := signer.Sign(plain)
	if err != nil {
		return nil, fmt.Errorf("stick: sign a confirmation: %w", err)
	}
	file, err := jws.CompactSerialize()
	return []byte(file), err
}

func algorithmOf(key crypto.PrivateKey) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return jose.ES256, nil
		case 384:
			return jose.ES384, nil
		}
	case *rsa.PrivateKey:
		return jose.PS256, nil
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("no way to sign with a %T of central's certificate", key)
}

// Trust says whose confirmation a station believes.
type Trust struct {
	Station string
	Roots   *x509.CertPool // central's own authority
	Host    string         // that central's certificate must be of
	// At are the times at which the certificate may be valid, one of which is
	// enough: a station's clock may be wrong.
	At []time.Time
}

// OpenConfirmation reads a file that Sign made, and believes it only if central
// signed it for this station. It fails with ErrForged, ErrAltered, ErrForeign,
// ErrNewer or ErrDate, and says nothing of what an unbelieved one holds.
func OpenConfirmation(file []byte, t Trust) (Confirmation, error) {
	fail := func(err error) (Confirmation, error) { return Confirmation{}, fmt.Errorf("stick: %w", err) }
	file = bytes.TrimSpace(file)
	if head, _, ok := bytes.Cut(file, []byte(".")); !ok || len(head) > maxHead || len(file) > MaxConfirmation {
		return fail(ErrAltered)
	}
	jws, err := jose.ParseSignedCompact(string(file), algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return fail(ErrAltered)
	}
	head := jws.Signatures[0].Protected
	if kind, _ := head.ExtraHeaders[jose.HeaderType].(string); kind != confirmationType {
		return fail(ErrAltered)
	}
	key, err := t.signer(head)
	if err != nil {
		return fail(err)
	}
	plain, err := jws.Verify(key)
	if err != nil {
		return fail(ErrAltered)
	}
	// From here on it is central that speaks.
	var c Confirmation
	switch err := json.Unmarshal(plain, &c); {
	case c.Version > confirmationVersion:
		return fail(ErrNewer)
	case err != nil || c.Made.IsZero() || len(c.Words) > maxWords:
		return fail(ErrAltered)
	case c.Station != t.Station:
		return fail(ErrForeign)
	}
	for _, w := range c.Words {
		if !submission.ValidID(w.Status.ID) || !digestForm.MatchString(w.Digest) || !w.Status.State.Valid() {
			return fail(ErrAltered)
		}
	}
	return c, nil
}

// signer gives the key of central's certificate in head, checked as TLS would:
// of central's authority, for a server, of central's host, and in date.
func (t Trust) signer(head jose.Header) (crypto.PublicKey, error) {
	err := ErrForged
	for _, at := range t.At {
		chains, wrong := head.Certificates(x509.VerifyOptions{Roots: t.Roots, DNSName: t.Host, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if wrong == nil {
			return chains[0][0].PublicKey, nil
		}
		if invalid, ok := errors.AsType[x509.CertificateInvalidError](wrong); ok && invalid.Reason == x509.Expired {
			err = ErrDate
		}
	}
	return nil, err
}

// Confirm writes what central says of the submissions in the folder dir next to
// them, in as many files as it takes, each made a millisecond after the one before,
// and waits until all is on the stick. Files of before are replaced, each whole or
// not at all.
func Confirm(dir, station string, made time.Time, words []Word, with tls.Certificate) error {
	made = made.UTC().Truncate(time.Millisecond)
	for n := 1; len(words) > 0; n++ {
		some := words[:min(len(words), maxWords)]
		words = words[len(some):]
		file, err := Confirmation{Station: station, Made: made, Words: some}.Sign(with)
		if err != nil {
			return err
		}
		if err := replace(dir, fmt.Sprintf("C%07d", n), file); err != nil {
			return err
		}
		made = made.Add(time.Millisecond)
	}
	return settle(dir)
}

// replace puts a file in the place of another.
func replace(dir, name string, b []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	defer root.Close()
	if err := root.Remove(name + ".NEW"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("stick: %w", err)
	}
	f, err := root.OpenFile(name+".NEW", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(name+".NEW", name+".JWS")
	}
	if err != nil {
		return fmt.Errorf("stick: %w", err)
	}
	return nil
}

// Confirmations gives the files in which central answers station: those in dir,
// else those in the station's own folders right below it, oldest first. It fails
// with ErrUnconfirmed when there is none.
func Confirmations(dir, station string) ([]string, error) {
	folders, err := foldersWith(dir, folderPrefix+station+"-", confirmationFile.MatchString)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, d := range folders {
		entries, err := os.ReadDir(d)
		if err != nil {
			return nil, fmt.Errorf("stick: %w", err)
		}
		for _, e := range entries {
			if confirmationFile.MatchString(e.Name()) {
				files = append(files, filepath.Join(d, e.Name()))
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("stick: %s: %w", dir, ErrUnconfirmed)
	}
	return files, nil
}

// ReadConfirmation gives the bytes of one of those files; they are for
// OpenConfirmation to judge.
func ReadConfirmation(path string) ([]byte, error) {
	b, err := read(filepath.Dir(path), filepath.Base(path), MaxConfirmation)
	if err == nil && len(b) > MaxConfirmation {
		err = fmt.Errorf("stick: %s: %w", filepath.Base(path), ErrAltered)
	}
	return b, err
}
