package gate

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/centraltest"
	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// hand puts a new document and gives the answer with its sealed form.
func (b *bench) hand(t *testing.T, doc submission.Document) (*httptest.ResponseRecorder, []byte, string) {
	t.Helper()
	sealed, digest, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	return b.put(doc, sealed, digest), sealed, digest
}

func checkOver(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	p := problemOf(t, w)
	after, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || p.Code != "over-quota" || p.Owner != contract.ProblemOwnerCentral ||
		err != nil || after < 1 || after > 3600 {
		t.Errorf("%s: %d %s, Retry-After %q", what, w.Code, p.Code, w.Header().Get("Retry-After"))
	}
}

// A station that has brought its share of a day brings no more, neither good nor
// bad; what it put before is still known, others go on, and staff are told once.
func TestQuotaOfSubmissions(t *testing.T) {
	b := newBenchWith(t, Quota{Submissions: Bound{Count: 2}})
	first := centraltest.Document()
	w, sealed, digest := b.hand(t, first)
	if w.Code != http.StatusCreated {
		t.Fatalf("first: %d %s", w.Code, w.Body)
	}
	junk := centraltest.Document()
	if w := b.put(junk, []byte("junk"), submission.Digest([]byte("junk"))); w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("junk: %d", w.Code)
	}
	for range 3 {
		w, _, _ := b.hand(t, centraltest.Document())
		checkOver(t, "third", w)
		checkOver(t, "more junk", b.put(junk, []byte("junk"), submission.Digest([]byte("junk"))))
		checkOver(t, "other bytes under a known id", b.put(first, []byte("junk"), submission.Digest([]byte("junk"))))
		if w := b.put(first, sealed, digest); w.Code != http.StatusOK {
			t.Errorf("the first again: %d %s", w.Code, w.Body)
		}
	}
	lines, err := b.ledger.Audit(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, l := range lines {
		if l.Act == ledger.Bounded && l.Station == centraltest.Station && l.Code == "over-quota" && strings.Contains(l.Why, "submissions") {
			told++
		}
	}
	if told != 1 || len(lines) != 2 || !strings.Contains(b.log.String(), "over its quota") {
		t.Errorf("told %d times in %d lines of the audit log, want once in 2; log:\n%s", told, len(lines), &b.log)
	}
	doc := centraltest.Document()
	sealed, digest, err = submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	if s, fresh, err := b.gate.Import(t.Context(), centraltest.Station, doc.ID, sealed); err != nil || !fresh || s.Digest != digest {
		t.Errorf("staff import: %+v, %v, %v; want it stored", s, fresh, err)
	}

	// The count outlives the program.
	b.gate.flush(t.Context())
	used, err := b.ledger.Used(t.Context(), centraltest.Station, authority.Day(time.Now()))
	if err != nil || used.Submissions.Count != 2 || used.Submissions.Bytes == 0 {
		t.Errorf("Used = %+v, %v, want 2", used, err)
	}
	b.gate.quota.used = nil
	b.gate.quota.day = ""
	w, _, _ = b.hand(t, centraltest.Document())
	checkOver(t, "after a restart", w)
}

func TestQuotaOfBytes(t *testing.T) {
	b := newBenchWith(t, Quota{Submissions: Bound{Bytes: 1}})
	if w, _, _ := b.hand(t, centraltest.Document()); w.Code != http.StatusCreated {
		t.Fatalf("first: %d %s", w.Code, w.Body)
	}
	w, _, _ := b.hand(t, centraltest.Document())
	checkOver(t, "second", w)
}

// Parts have a quota of their own: a submission without any still comes in.
func TestQuotaOfParts(t *testing.T) {
	for name, q := range map[string]Bound{"count": {Count: 1}, "bytes": {Bytes: 50_000}} {
		t.Run(name, func(t *testing.T) {
			b := newBenchWith(t, Quota{Parts: q})
			part, told := centraltest.Seal(t, bytes.Repeat([]byte{1}, 100_000), b.to...)
			id := submission.NewID()
			at := "/v1/submissions/" + id + "/parts/" + told.Part
			want(t, "begin", b.begin(id, told.Part, len(part)), http.StatusCreated, "Location", at)
			if name == "bytes" {
				want(t, "some", b.patch(at, 0, bytes.NewReader(part[:60_000])), http.StatusNoContent, "Upload-Offset", "60000")
				checkOver(t, "the rest", b.patch(at, 60_000, bytes.NewReader(part[60_000:])))
			} else {
				want(t, "all", b.patch(at, 0, bytes.NewReader(part[:60_000])), http.StatusTooManyRequests)
			}
			_, other := centraltest.Seal(t, []byte("other"), b.to...)
			checkOver(t, "another", b.begin(id, other.Part, int(other.PartSize)))
			if w, _, _ := b.hand(t, centraltest.Document()); w.Code != http.StatusCreated {
				t.Errorf("a submission: %d %s", w.Code, w.Body)
			}
			b.gate.flush(t.Context())
			used, err := b.ledger.Used(t.Context(), centraltest.Station, authority.Day(time.Now()))
			if err != nil || used.Parts.Count != 1 || name == "bytes" && used.Parts.Bytes != 60_000 {
				t.Errorf("Used = %+v, %v", used, err)
			}
		})
	}
}

// Two centrals on one folder count together, and a new day begins at nothing.
func TestUsageIsShared(t *testing.T) {
	b := newBenchWith(t, Quota{Submissions: Bound{Count: 10}})
	one, two := &b.gate.quota, &meter{quota: b.gate.quota.quota, ledger: b.ledger}
	day := time.Date(2026, 11, 20, 23, 30, 0, 0, time.FixedZone("ICT", 7*3600))
	for _, m := range []*meter{one, two, one} {
		for range 3 {
			if err := m.add(t.Context(), "CN-03", ledger.Submissions, 1, 10, day); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := two.add(t.Context(), "CN-03", ledger.Submissions, 1, 10, day); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		at   time.Time
		over bool
	}{"today": {day, true}, "after midnight": {day.Add(time.Hour), false}} {
		if over, first, err := two.spent(t.Context(), "CN-03", ledger.Submissions, c.at); over != c.over || first != c.over || err != nil {
			t.Errorf("%s: over %v, first %v, %v", name, over, first, err)
		}
	}
	if wait := authority.NextDay(day).Sub(day); wait != 30*time.Minute {
		t.Errorf("the next day is %v away", wait)
	}
}
