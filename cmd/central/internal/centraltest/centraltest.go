// Package centraltest gives tests of central an invented person's submission,
// and checks that nothing of that person stands where it must not.
package centraltest

import (
	"strings"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// The station and unit of every test.
const (
	Station = "CN-03"
	Unit    = "00082"
)

// Personal are the words of Document that may stand nowhere in the clear.
var Personal = [...]string{"001090999999", "NGUYỄN VĂN MẪU", "MẪU", "Phố Mẫu", "1990-02-01", "NGUYỄN THỊ MẪU", "7F2K"}

// Document gives a new submission of an invented person.
func Document() submission.Document {
	at := time.Now().Truncate(time.Second)
	return submission.Document{
		Version:   submission.Version,
		ID:        submission.NewID(),
		Station:   Station,
		Unit:      Unit,
		CreatedAt: at,
		Channel:   contract.ChannelOnline,
		Pack:      contract.PackVersion{ID: "hanoi", Version: "2026-11-01"},
		Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"},
		Applicant: contract.Applicant{Name: "NGUYỄN VĂN MẪU", Number: "001090999999", Born: "1990-02-01",
			Sex: "Nam", Address: "Số 1 Phố Mẫu", Assurance: contract.AssuranceQR},
		Answers: []contract.Answer{{ID: "child.name", Label: "Họ tên trẻ", Value: "NGUYỄN THỊ MẪU", Shown: "NGUYỄN THỊ MẪU"}},
		Consent: contract.ConsentGiven{Version: "1", Digest: submission.Digest([]byte("Tôi đồng ý.")), GivenAt: at, Lang: contract.LangVI},
		Secret:  "7F2K",
		Lang:    contract.LangVI,

		DuePromised: at.Add(48 * time.Hour),
	}
}

// CheckNoPerson fails the test when text, found at where, shows something of
// Document's person.
func CheckNoPerson(t testing.TB, where, text string) {
	t.Helper()
	for _, word := range Personal {
		if strings.Contains(text, word) {
			t.Errorf("%s shows %q", where, word)
		}
	}
}
