package submission

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// StationKey is the Ed25519 key with which one station signs. It prints redacted
// and is safe for use by several goroutines.
type StationKey struct {
	public  PublicKey
	private ed25519.PrivateKey
}

// PublicKey is what central knows of a StationKey.
type PublicKey struct {
	ID      string // station, dot, thumbprint of the key (RFC 7638); the "kid" of a signature
	Station string
	Key     ed25519.PublicKey
	Expires time.Time // documents created later are refused; zero = never
}

// KeyFinder finds the enrolled key of a kid. Its error wraps ErrForeign when
// there is none; any other error means that it could not look.
type KeyFinder func(kid string) (PublicKey, error)

// keyFile is a private key on disk: a JWK (RFC 8037) with two members of ours.
type keyFile struct {
	Type    string `json:"kty"`
	Curve   string `json:"crv"`
	Public  string `json:"x"`
	Private string `json:"d"`
	ID      string `json:"kid"`
	Station string `json:"station"`
	Expires int64  `json:"exp,omitempty"` // Unix seconds
}

// NewStationKey makes a key for station; expires zero = never.
func NewStationKey(station string, expires time.Time) *StationKey {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic("submission: no randomness: " + err.Error()) // the runtime aborts before this
	}
	return stationKey(station, private, expires)
}

func stationKey(station string, private ed25519.PrivateKey, expires time.Time) *StationKey {
	public := private.Public().(ed25519.PublicKey)
	return &StationKey{private: private, public: PublicKey{
		ID:      station + "." + thumbprint(public),
		Station: station,
		Key:     public,
		Expires: expires,
	}}
}

func thumbprint(key ed25519.PublicKey) string {
	sum, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic("submission: thumbprint of an Ed25519 key: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// LoadStationKey reads the key that Save wrote. It fails when others than the
// owner may read the file.
func LoadStationKey(path string) (*StationKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open station key: %w", err)
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open station key: %w", err)
	}
	if about.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("station key %s may be read by others: chmod 600 it", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("read station key: %w", err)
	}
	defer clear(b)
	k, err := readKey(b)
	if err != nil {
		return nil, fmt.Errorf("station key %s: %w; enrol the station again", path, err)
	}
	return k, nil
}

func readKey(b []byte) (*StationKey, error) {
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("not a JWK")
	}
	seed, err := base64.RawURLEncoding.DecodeString(f.Private)
	if err != nil || f.Type != "OKP" || f.Curve != "Ed25519" || len(seed) != ed25519.SeedSize || f.Station == "" {
		return nil, fmt.Errorf("not an Ed25519 key of a station")
	}
	var expires time.Time
	if f.Expires != 0 {
		expires = time.Unix(f.Expires, 0).UTC()
	}
	k := stationKey(f.Station, ed25519.NewKeyFromSeed(seed), expires)
	if k.public.ID != f.ID || base64.RawURLEncoding.EncodeToString(k.public.Key) != f.Public {
		return nil, fmt.Errorf("private and public part do not belong together")
	}
	return k, nil
}

// Save writes the key to a new file that only its owner may read, and waits
// until it is on disk. A file that is there already is an error.
func (k *StationKey) Save(path string) error {
	f := keyFile{
		Type:    "OKP",
		Curve:   "Ed25519",
		Public:  base64.RawURLEncoding.EncodeToString(k.public.Key),
		Private: base64.RawURLEncoding.EncodeToString(k.private.Seed()),
		ID:      k.public.ID,
		Station: k.public.Station,
	}
	if !k.public.Expires.IsZero() {
		f.Expires = k.public.Expires.Unix()
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write station key: %w", err)
	}
	defer clear(b)
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write station key: %w", err)
	}
	defer out.Close()
	if _, err := out.Write(b); err != nil {
		return fmt.Errorf("write station key: %w", err)
	}
	if err := out.Sync(); err != nil {
		return fmt.Errorf("write station key: %w", err)
	}
	return out.Close()
}

// Public gives what central enrols.
func (k *StationKey) Public() PublicKey { return k.public }

// Station gives the station's id, "CN-03".
func (k *StationKey) Station() string { return k.public.Station }

// ID gives the kid.
func (k *StationKey) ID() string { return k.public.ID }

// Format prints the kid alone.
func (k *StationKey) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "station key "+k.public.ID)
}
