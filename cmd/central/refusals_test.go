package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// checkRefused holds that p is the problem called code, with words for all.
func checkRefused(t testing.TB, answer *contract.PutSubmissionResponse, httpStatus int, code string) {
	t.Helper()
	var p contract.Problem
	if err := json.Unmarshal(answer.Body, &p); err != nil {
		t.Fatalf("%s: %v: %s", answer.Status(), err, answer.Body)
	}
	if answer.StatusCode() != httpStatus || p.Code != code || p.Status != httpStatus {
		t.Errorf("got %s code %q, want %d %q", answer.Status(), p.Code, httpStatus, code)
	}
	for _, words := range []string{p.Title, p.Detail, p.Next, p.TitleEN, p.DetailEN, p.NextEN, string(p.Owner)} {
		if words == "" {
			t.Errorf("problem %s leaves something unsaid: %+v", code, p)
		}
	}
	centraltest.CheckNoPerson(t, "problem "+code, string(answer.Body))
}

func TestRefusals(t *testing.T) {
	o := newOffice(t)
	other, _ := o.enrol(t, "CN-04")
	strange := newOffice(t)
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))

	altered := func(doc submission.Document) []byte {
		sealed, _ := o.seal(t, doc)
		sealed[len(sealed)-30] ^= 1
		return sealed
	}
	sealedBy := func(key *submission.StationKey) func(submission.Document) []byte {
		return func(doc submission.Document) []byte {
			doc.Station = key.Station()
			sealed, _, err := submission.Seal(doc, key, o.to)
			if err != nil {
				t.Fatal(err)
			}
			return sealed
		}
	}
	changed := func(change func(*submission.Document)) func(submission.Document) []byte {
		return func(doc submission.Document) []byte {
			change(&doc)
			sealed, _ := o.seal(t, doc)
			return sealed
		}
	}
	tests := []struct {
		name   string
		sealed func(submission.Document) []byte
		status int
		code   string
	}{
		{"altered", altered, 422, "tampered"},
		{"no envelope at all", func(submission.Document) []byte { return []byte("MẪU") }, 422, "tampered"},
		{"signed by a key never enrolled", sealedBy(submission.NewStationKey(centraltest.Station, time.Time{})), 422, "foreign-signature"},
		{"signed by another station", sealedBy(other), 422, "foreign-station"},
		{"sealed to another central", func(doc submission.Document) []byte {
			sealed, _, err := submission.Seal(doc, o.key, strange.to)
			if err != nil {
				t.Fatal(err)
			}
			return sealed
		}, 422, "not-for-us"},
		{"another id inside", changed(func(d *submission.Document) { d.ID = submission.NewID() }), 422, "other-id"},
		{"another unit", changed(func(d *submission.Document) { d.Unit = "00070" }), 422, "foreign-station"},
		{"breaks the schema", changed(func(d *submission.Document) { d.Applicant.Number = "1990-02-01" }), 422, "schema"},
		{"guided procedure", changed(func(d *submission.Document) { d.Procedure.Code = "1.004222" }), 422, "procedure-guided"},
		{"unknown procedure", changed(func(d *submission.Document) { d.Procedure.Code = "9.999999" }), 422, "procedure-unknown"},
		{"made after the key expired", changed(func(d *submission.Document) { d.CreatedAt = d.CreatedAt.AddDate(6, 0, 0) }), 422, "key-expired"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := centraltest.Document()
			sealed := test.sealed(doc)
			checkRefused(t, put(t.Context(), t, c, doc.ID, centraltest.Station, submission.Digest(sealed), sealed), test.status, test.code)

			// A station that never heard the answer asks, and learns why.
			s, err := c.GetSubmissionWithResponse(t.Context(), doc.ID)
			if err != nil || s.JSON200 == nil || s.JSON200.State != contract.StateRefused || s.JSON200.Refusal.Code != test.code {
				t.Errorf("status: %v %s", err, s.Body)
			}
			// A refusal stands in nobody's way: the proper one is taken.
			sealed, digest := o.seal(t, doc)
			if answer := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed); answer.JSON201 == nil {
				t.Errorf("the proper one afterwards: %s %s", answer.Status(), answer.Body)
			}
		})
	}

	wrong := context.WithValue(t.Context(), wrongOnPurpose{}, true)
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	t.Run("too large", func(t *testing.T) {
		large := make([]byte, submission.MaxSealed+1)
		checkRefused(t, put(wrong, t, c, doc.ID, centraltest.Station, submission.Digest(large), large), 413, "too-large")
	})
	t.Run("damaged on the way", func(t *testing.T) {
		checkRefused(t, put(t.Context(), t, c, doc.ID, centraltest.Station, submission.Digest([]byte("other")), sealed), 400, "digest-mismatch")
	})
	t.Run("id of another kind", func(t *testing.T) {
		checkRefused(t, put(wrong, t, c, "0c9a3b52-6f0e-4f57-9d4e-3f3c4ab1d9f1", centraltest.Station, digest, sealed), 400, "bad-request")
	})
	t.Run("body of another type", func(t *testing.T) {
		answer, err := c.PutSubmissionWithBodyWithResponse(wrong, doc.ID,
			&contract.PutSubmissionParams{StationID: centraltest.Station, ContentDigest: digest}, "application/json", bytes.NewReader(sealed))
		if err != nil {
			t.Fatal(err)
		}
		checkRefused(t, answer, 400, "bad-request")
	})
	t.Run("in another station's name", func(t *testing.T) {
		checkRefused(t, put(t.Context(), t, c, doc.ID, "CN-04", digest, sealed), 403, "wrong-certificate")
	})
	t.Run("with another station's certificate", func(t *testing.T) {
		c := client(t, r, o.bundle("CN-04"))
		checkRefused(t, put(t.Context(), t, c, doc.ID, "CN-04", digest, sealed), 422, "foreign-station")
	})
	t.Run("with a certificate of another authority", func(t *testing.T) {
		tr := transport(t, strange.bundle(centraltest.Station))
		tr.TLSClientConfig.RootCAs = transport(t, o.bundle(centraltest.Station)).TLSClientConfig.RootCAs
		if answer, err := (&http.Client{Transport: tr}).Get(r.api + "/v1/time"); err == nil {
			t.Errorf("a stranger got %s", answer.Status)
		}
	})
	t.Run("without a certificate", func(t *testing.T) {
		tr := transport(t, o.bundle(centraltest.Station))
		tr.TLSClientConfig.Certificates = nil
		if answer, err := (&http.Client{Transport: tr}).Get(r.api + "/v1/time"); err == nil {
			t.Errorf("nobody got %s", answer.Status)
		}
	})
	t.Run("what another station stored", func(t *testing.T) {
		if answer := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed); answer.JSON201 == nil {
			t.Fatalf("%s %s", answer.Status(), answer.Body)
		}
		c := client(t, r, o.bundle("CN-04"))
		checkRefused(t, put(t.Context(), t, c, doc.ID, "CN-04", digest, sealed), 409, "other-content")
		fresh := centraltest.Document() // never refused to CN-04
		mine, mineDigest := o.seal(t, fresh)
		if answer := put(t.Context(), t, client(t, r, o.bundle(centraltest.Station)), fresh.ID, centraltest.Station, mineDigest, mine); answer.JSON201 == nil {
			t.Fatalf("%s %s", answer.Status(), answer.Body)
		}
		s, err := c.GetSubmissionWithResponse(t.Context(), fresh.ID)
		if err != nil || s.ApplicationProblemJSON404 == nil {
			t.Errorf("another station learns of it: %v %s", err, s.Body)
		}
	})
	centraltest.CheckNoPerson(t, "audit page", fetch(t, r.page+"/audit"))
	if audit := fetch(t, r.page+"/audit"); !strings.Contains(audit, "foreign-signature") || !strings.Contains(audit, "procedure-guided") {
		t.Errorf("the audit page does not tell of refusals:\n%s", audit)
	}
}
