package page

import (
	"strings"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/devices/card/lds/trust"
	"motcua/kiosk/contract"
)

// Every reason that a station can send, and every level, has its words.
func TestEveryDoubtHasWords(t *testing.T) {
	for _, reason := range trust.Reasons() {
		if w := doubts[string(reason)]; w.VI == "" || w.EN == "" {
			t.Errorf("no words for %s", string(reason))
		}
	}
	if len(doubts) != len(trust.Reasons()) {
		t.Errorf("words for %d reasons, there are %d", len(doubts), len(trust.Reasons()))
	}
	for _, level := range []contract.Assurance{contract.AssuranceTyped, contract.AssuranceQR, contract.AssuranceChipRead,
		contract.AssuranceChipVerified, contract.AssuranceChipGenuine} {
		if a := assurances[level]; a.short == "" || a.VI == "" || a.EN == "" {
			t.Errorf("no words for %s", level)
		}
	}
}

func TestProofIsShown(t *testing.T) {
	const why = "Vì sao chưa cao hơn"
	for name, tc := range map[string]struct {
		level     contract.Assurance
		proof     contract.Proof
		warnings  []string
		want, not []string
	}{
		"typed": {contract.AssuranceTyped, contract.Proof{}, nil, []string{"Tự khai", "nothing is proven"}, []string{why, "Mở chip bằng"}},
		"read": {contract.AssuranceChipRead, contract.Proof{Opened: "PACE-CAN", Doubts: []string{"anchor-missing", "of-tomorrow"}}, nil,
			[]string{"Mức xác thực: Đọc chip", why, "Trạm chưa có chứng thư gốc", "The station lacks the issuer&#39;s root certificate", "of-tomorrow", "PACE-CAN"}, nil},
		"genuine": {contract.AssuranceChipGenuine, contract.Proof{Opened: "BAC", Signed: "ECDSA SHA-256 brainpoolP384r1", Doubts: []string{}}, nil,
			[]string{"Mức xác thực: Chip thật", "it is no copy", "BAC", "ECDSA SHA-256 brainpoolP384r1"}, []string{why}},
		"refused chip": {contract.AssuranceQR, contract.Proof{}, []string{"chip.doubt.refused", "number.sex", "sun.spots"},
			[]string{"Máy không xác nhận được chip", "chip could not be confirmed", "does not fit sex or century", "sun.spots"}, []string{why}},
		"a level of tomorrow": {"chip-blessed", contract.Proof{}, nil, []string{"Mức xác thực: chip-blessed"}, []string{why}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			doc := centraltest.Document()
			doc.Applicant.Assurance, doc.Applicant.Proof, doc.Applicant.Warnings = tc.level, tc.proof, tc.warnings
			d.lay(t, doc, time.Now())
			body := d.get("/submissions/" + doc.ID).Body.String()
			for _, want := range tc.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(body, not) {
					t.Errorf("the page says %q", not)
				}
			}
		})
	}
}
