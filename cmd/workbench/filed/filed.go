// Package filed gives sealed submissions of an invented person, as a station
// makes them: for measuring and for torture, where nobody touches a screen.
package filed

import (
	"crypto/rand"
	"strings"
	"time"

	"motcua/kiosk/attachment"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

// Submission seals a birth registration at the station of b, with about weight
// bytes of answers and with what was taken in for it, the way kiosk/station does.
func Submission(b *uplink.Bundle, unit string, weight int, taken ...attachment.Attachment) (outbox.Item, error) {
	id, now, secret := submission.NewID(), time.Now().Truncate(time.Second), submission.Secret(rand.Reader)
	doc := submission.Document{
		Version: submission.Version, ID: id, Station: b.Station, Unit: unit, CreatedAt: now, Channel: contract.ChannelOnline,
		Pack:      contract.PackVersion{ID: "hanoi", Version: "2026-11-01"},
		Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"},
		Rules:     []contract.AppliedRule{{Kind: contract.AppliedRuleKindFee, From: "2025-07-01", Source: "NQ 06/2020"}},
		Applicant: contract.Applicant{Name: "NGUYỄN VĂN MẪU", Number: "001090999999", Born: "1990-01-01", Assurance: contract.AssuranceQR},
		Consent:   contract.ConsentGiven{Version: "1", Digest: submission.Digest([]byte("văn bản")), GivenAt: now, Lang: contract.LangVI},
		Secret:    secret, Lang: contract.LangVI,
	}
	for len(doc.Answers) == 0 || weight > 0 {
		n := min(max(weight, 6), 1200)
		doc.Answers = append(doc.Answers, contract.Answer{ID: "child.name", Label: "Họ tên trẻ",
			Value: strings.Repeat("mẫu ", n/6), Shown: "NGUYỄN THỊ MẪU"})
		weight -= n + 100
	}
	var parts []outbox.Part
	for _, a := range taken {
		doc.Attachments = append(doc.Attachments, contract.Attachment{Question: "proof", Label: "Giấy chứng sinh", Part: a.Part.Name,
			PartSize: a.Part.Size, Media: string(a.Media), Size: a.Size, Digest: a.Digest})
		parts = append(parts, a.Part)
	}
	sealed, digest, err := submission.Seal(doc, b.Key, b.To)
	if err != nil {
		return outbox.Item{}, err
	}
	return outbox.Item{ID: id, Claim: submission.Claim(b.Station, id), Procedure: doc.Procedure.Code, Created: now,
		SecretHash: outbox.HashSecret(id, secret), Sealed: sealed, Digest: digest, Parts: parts}, nil
}
