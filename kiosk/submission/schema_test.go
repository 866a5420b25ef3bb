package submission

import (
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/contract"
)

func TestSchema(t *testing.T) {
	schema, err := LoadSchema()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Canonical(example())
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Check(raw); err != nil {
		t.Errorf("example: %v", err)
	}
	bare := example()
	bare.Rules, bare.Answers, bare.DuePromised = nil, nil, time.Time{}
	bare.Applicant = contract.Applicant{Name: "MẪU", Number: "001090999999", Assurance: contract.AssuranceTyped}
	if raw, err = Canonical(bare); err != nil {
		t.Fatal(err)
	}
	if err := schema.Check(raw); err != nil {
		t.Errorf("barest document: %v", err)
	}
	warned := chipExample()
	warned.Applicant.Warnings = []string{"number.place", "chip.doubt.differs"}
	if raw, err = Canonical(warned); err != nil {
		t.Fatal(err)
	}
	if err := schema.Check(raw); err != nil {
		t.Errorf("with a chip's proof and warnings: %v", err)
	}
	faults := map[string]func(*Document){
		"/id pattern":                   func(d *Document) { d.ID = "NGUYỄN" },
		"/unit pattern":                 func(d *Document) { d.Unit = "82" },
		"/applicant/number pattern":     func(d *Document) { d.Applicant.Number = "00109099999" },
		"/applicant/name minLength":     func(d *Document) { d.Applicant.Name = "" },
		"/applicant/assurance enum":     func(d *Document) { d.Applicant.Assurance = "sworn" },
		"/applicant/sex enum":           func(d *Document) { d.Applicant.Sex = "M" },
		"/applicant/warnings/0 pattern": func(d *Document) { d.Applicant.Warnings = []string{"Nguyễn Văn Mẫu"} },
		"/applicant/proof/opened enum":  func(d *Document) { d.Applicant.Proof = contract.Proof{Opened: "MẪU", Doubts: []string{}} },
		"/applicant/proof/doubts type":  func(d *Document) { d.Applicant.Proof.Opened = "BAC" },
		"/applicant/proof/doubts/0 pattern": func(d *Document) {
			d.Applicant.Proof = contract.Proof{Opened: "BAC", Doubts: []string{"Nguyễn"}}
		},
		"/secret pattern":              func(d *Document) { d.Secret = "7F2O" },
		"/answers/1/id minLength":      func(d *Document) { d.Answers[1].ID = "" },
		"/answers/0/value maxLength":   func(d *Document) { d.Answers[0].Value = strings.Repeat("MẪU ", 1001) },
		"/channel enum":                func(d *Document) { d.Channel = "counter" },
		"/fee minimum":                 func(d *Document) { d.Fee = -1 },
		"/procedure/code pattern":      func(d *Document) { d.Procedure.Code = "001193" },
		"/consent/digest pattern":      func(d *Document) { d.Consent.Digest = "" },
		"/rules/0/kind enum":           func(d *Document) { d.Rules[0].Kind = "mood" },
		"/version const":               func(d *Document) { d.Version = 3 },
		"/lang enum":                   func(d *Document) { d.Lang = "fr" },
		"/rules/0/from pattern":        func(d *Document) { d.Rules[0].From = "1990" },
		"/station pattern":             func(d *Document) { d.Station = "cn" },
		"/applicant/born pattern":      func(d *Document) { d.Applicant.Born = "01/02/1990" },
		"/consent/lang enum":           func(d *Document) { d.Consent.Lang = "" },
		"/pack/version minLength":      func(d *Document) { d.Pack.Version = "" },
		"/consent/version minLength":   func(d *Document) { d.Consent.Version = "" },
		"/applicant/address maxLength": func(d *Document) { d.Applicant.Address = strings.Repeat("Phố Mẫu", 60) },
	}
	for want, break1 := range faults {
		doc := example()
		break1(&doc)
		raw, err := Canonical(doc)
		if err != nil {
			t.Fatal(err)
		}
		err = schema.Check(raw)
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("Check: %v, want %q", err, want)
			continue
		}
		checkNoPerson(t, want, err.Error())
	}
	if err := schema.Check([]byte(`{"MẪU":`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("half JSON: %v", err)
	}
}
