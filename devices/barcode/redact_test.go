package barcode_test

import (
	"testing"

	"motcua/devices/barcode"
	"motcua/devices/barcode/picture"
	"motcua/devices/redacttest"
)

// What was read prints redacted by every verb, as JSON and in logs.
func TestRedacted(t *testing.T) {
	const secret = "001090999999|Nguyễn Văn Mẫu"
	code, found := barcode.Code{Text: secret, Raw: []byte(secret)}, picture.Found{Text: secret, Raw: []byte(secret)}
	for _, v := range []any{code, &code, found, &found} {
		redacttest.Check(t, v, "001090999999", "Mẫu", "303031")
	}
}
