package centraltest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"filippo.io/age"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// Seal seals plain as a station does with what was handed over: it gives the
// part and what a document tells of it.
func Seal(t testing.TB, plain []byte, to ...age.Recipient) (part []byte, told contract.Attachment) {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(out.Bytes())
	return out.Bytes(), contract.Attachment{Question: "proof", Label: "Giấy chứng sinh", Part: hex.EncodeToString(sum[:]),
		PartSize: int64(out.Len()), Media: "application/pdf", Size: int64(len(plain)), Digest: submission.Digest(plain)}
}
