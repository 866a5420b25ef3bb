package submission

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// letters are digits and capitals without those taken for another one when read
// aloud or off thermal paper: no 0 O, 1 I, B (8), S (5), Z (2), U (V).
const letters = "23456789ACDEFGHJKLMNPQRTVWXY"

// codeLen is the length of a secret and of the own part of a claim: 28⁴ =
// 614,656 of them.
const codeLen = 4

var (
	validID   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	validPart = regexp.MustCompile(`^[0-9a-f]{64}$`)
	misread   = strings.NewReplacer("B", "8", "S", "5", "Z", "2", "U", "V")
	noBlanks  = strings.NewReplacer(" ", "", "\u00a0", "", "\t", "")
)

// NewID makes the id of a submission: a UUID of version 7 (RFC 9562), which
// sorts by the time it was made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// ValidID tells whether id is a UUID of version 7 in lower case.
func ValidID(id string) bool { return validID.MatchString(id) }

// ValidPart tells whether name can be that of a sealed part: a SHA-256 in
// hexadecimal.
func ValidPart(name string) bool { return validPart.MatchString(name) }

// Secret makes a look-up secret of four letters from rand, which is
// crypto/rand.Reader in earnest. It panics when rand fails.
func Secret(rand io.Reader) string {
	const fair = 256 - 256%len(letters) // bytes from here on would favour the first letters
	secret := make([]byte, 0, codeLen)
	for b := [1]byte{}; len(secret) < codeLen; {
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			panic("submission: no randomness: " + err.Error())
		}
		if int(b[0]) < fair {
			secret = append(secret, letters[int(b[0])%len(letters)])
		}
	}
	return string(secret)
}

// ReadSecret takes a secret as a person typed it: case and blanks do not matter,
// and a letter that is never used stands for the one it is mistaken for. ok is
// false when it can be no secret.
func ReadSecret(typed string) (secret string, ok bool) {
	secret = misread.Replace(Tidy(typed))
	if len(secret) != codeLen || strings.Trim(secret, letters) != "" {
		return "", false
	}
	return secret, true
}

// Claim gives the temporary code of a submission, for the receipt as long as
// central has given none: "CN03-7F2K" for station "CN-03" or "CN03". It is
// always the same for an id; two submissions of a station rarely share one, and
// the secret then tells them apart.
func Claim(station, id string) string {
	sum := sha256.Sum256([]byte("claim\x00" + id))
	n := binary.BigEndian.Uint64(sum[:8])
	code := make([]byte, codeLen)
	for i := range code {
		code[i] = letters[n%uint64(len(letters))]
		n /= uint64(len(letters))
	}
	return strings.ReplaceAll(station, "-", "") + "-" + string(code)
}

// Tidy takes a code as a person typed it: capitals, no blanks.
func Tidy(typed string) string { return strings.ToUpper(noBlanks.Replace(typed)) }
