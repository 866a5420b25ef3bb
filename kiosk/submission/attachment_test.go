package submission

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk/contract"
)

// attachedExample is example with two files that were handed over.
func attachedExample() Document {
	doc := example()
	doc.Attachments = []contract.Attachment{
		{Question: "proof", Label: "Giấy chứng sinh", Part: strings.Repeat("0a", 32), PartSize: 2_104_000,
			Media: "image/jpeg", Size: 2_103_000, Digest: Digest([]byte("ảnh"))},
		{Question: "home", Label: "Giấy tờ về chỗ ở", Part: strings.Repeat("f9", 32), PartSize: 21_037_056,
			Media: "application/pdf", Size: 20 << 20, Digest: Digest([]byte("bản quét"))},
	}
	return doc
}

// Attachments came to version 1 later: what was written then must open for ever,
// and so must what was written before. Never make these files anew.
func TestVersion1WithAttachmentsOpens(t *testing.T) {
	opens(t, filepath.Join("testdata", "v1-attachments"), attachedExample())
}

func TestSchemaOfAttachments(t *testing.T) {
	schema, err := LoadSchema()
	if err != nil {
		t.Fatal(err)
	}
	check := func(change func(*Document)) error {
		doc := attachedExample()
		change(&doc)
		raw, err := Canonical(doc)
		if err != nil {
			t.Fatal(err)
		}
		return schema.Check(raw)
	}
	if err := check(func(*Document) {}); err != nil {
		t.Errorf("as it should be: %v", err)
	}
	for name, change := range map[string]func(*Document){
		"another name":    func(d *Document) { d.Attachments[0].Part = "../../etc/passwd" },
		"capital letters": func(d *Document) { d.Attachments[0].Part = strings.Repeat("0A", 32) },
		"another kind":    func(d *Document) { d.Attachments[0].Media = "text/html" },
		"too large":       func(d *Document) { d.Attachments[0].Size = contract.MaxAttachment + 1 },
		"part too large":  func(d *Document) { d.Attachments[0].PartSize = contract.MaxPart + 1 },
		"nothing in it":   func(d *Document) { d.Attachments[0].Size = 0 },
		"no digest":       func(d *Document) { d.Attachments[0].Digest = "" },
		"no question":     func(d *Document) { d.Attachments[0].Question = "" },
		"one too many": func(d *Document) {
			for len(d.Attachments) <= contract.MaxAttachments {
				d.Attachments = append(d.Attachments, d.Attachments[0])
			}
		},
	} {
		if err := check(change); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	if raw, err := Canonical(example()); err != nil || bytes.Contains(raw, []byte("attachments")) {
		t.Errorf("a submission without any tells of them: %v\n%s", err, raw)
	}
}
