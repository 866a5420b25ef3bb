package page

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"motcua/cmd/central/internal/centraltest"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/parts"
	"motcua/cmd/central/internal/reading"
	"motcua/kiosk/submission"
)

// desk is a page on a ledger into which submissions are laid.
type desk struct {
	ledger *ledger.Ledger
	parts  *parts.Store
	routes http.Handler
	key    *submission.StationKey
	to     []age.Recipient
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), ledger.Name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parts.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{ledger: l, parts: p, key: submission.NewStationKey(centraltest.Station, time.Time{}), to: []age.Recipient{id.Recipient()}}
	if err := l.Enrol(t.Context(), d.key.Public(), centraltest.Unit, time.Now()); err != nil {
		t.Fatal(err)
	}
	d.routes = New(l, reading.New(l, []age.Identity{id}, p), slog.New(slog.DiscardHandler)).Routes()
	return d
}

func (d *desk) lay(t *testing.T, doc submission.Document, received time.Time) {
	t.Helper()
	sealed, digest, err := submission.Seal(doc, d.key, d.to)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.ledger.Accept(t.Context(), ledger.Record{ID: doc.ID, Station: doc.Station, Unit: doc.Unit, Claim: submission.Claim(doc.Station, doc.ID),
		Digest: digest, Sealed: sealed, Procedure: doc.Procedure, Assurance: doc.Applicant.Assurance, Secret: doc.Secret, Received: received},
		&ledger.Series{Agency: "H26.82", Day: "261121", Code: func(n int) string { return fmt.Sprintf("H26.82-261121-%04d", n) }})
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) get(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8080"
	w := httptest.NewRecorder()
	d.routes.ServeHTTP(w, r)
	return w
}

func TestListPages(t *testing.T) {
	d := newDesk(t)
	if body := d.get("/").Body.String(); !strings.Contains(body, "Chưa có hồ sơ nào") {
		t.Errorf("empty list:\n%s", body)
	}
	for range perPage + 3 {
		d.lay(t, centraltest.Document(), time.Now())
	}
	first := d.get("/").Body.String()
	if n := strings.Count(first, "H26.82-261121-"); n != perPage || !strings.Contains(first, "H26.82-261121-0053") {
		t.Errorf("first page has %d", n)
	}
	if !strings.Contains(first, `href="/?before=4"`) {
		t.Error("no way to older ones")
	}
	second := d.get("/?before=4").Body.String()
	if n := strings.Count(second, "H26.82-261121-"); n != 3 || strings.Contains(second, "before=") {
		t.Errorf("second page has %d", n)
	}
	centraltest.CheckNoPerson(t, "list", first+second)
	for _, odd := range []string{"/?before=-1", "/?before=x", "/?before=99999999999999999999"} {
		if w := d.get(odd); w.Code != http.StatusOK {
			t.Errorf("%s: %d", odd, w.Code)
		}
	}
}

func TestForgottenIsSaid(t *testing.T) {
	d := newDesk(t)
	doc := centraltest.Document()
	d.lay(t, doc, time.Now().Add(-time.Hour))
	if _, err := d.ledger.Forget(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if w := d.get("/submissions/" + doc.ID); w.Code != http.StatusGone {
		t.Errorf("%d", w.Code)
	}
	if body := d.get("/").Body.String(); !strings.Contains(body, "đã hết hạn lưu") {
		t.Errorf("list:\n%s", body)
	}
	if lines, err := d.ledger.Audit(t.Context(), 10); err != nil || len(lines) != 0 {
		t.Errorf("noted as read: %+v, %v", lines, err)
	}
}

func TestUnknownPaths(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/submissions/" + submission.NewID(), "/submissions/..%2f", "/submissions/x.json", "/web/list.html", "/nothing"} {
		if w := d.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := d.get("/style.css"); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style.css: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
}

// Another site in the same browser neither reads us under its own name nor is
// loaded by us, and nothing is kept.
func TestGuard(t *testing.T) {
	d := newDesk(t)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "evil.example"
	w := httptest.NewRecorder()
	d.routes.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("under another name: %d", w.Code)
	}
	h := d.get("/").Header()
	if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	if body := d.get("/").Body.String(); strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page needs what its policy forbids")
	}
	for address, want := range map[string]bool{"127.0.0.1:0": true, "localhost:80": true, "[::1]:80": true, "::1": true, "127.9.9.9": true,
		"0.0.0.0:80": false, ":80": false, "": false, "192.168.1.2:80": false, "localhost.evil.example": false, "127.0.0.1.evil.example:80": false} {
		if Loopback(address) != want {
			t.Errorf("Loopback(%q) = %v", address, !want)
		}
	}
}

// Staff open an attachment for saving, noted in the audit log; nothing of it
// stands in the clear on the disk, and one that the disk has lost is not given.
func TestAttachment(t *testing.T) {
	d := newDesk(t)
	plain := []byte("%PDF-1.7 tờ khai của NGUYỄN VĂN MẪU")
	part, told := centraltest.Seal(t, plain, d.to...)
	doc := centraltest.Document()
	doc.Attachments = append(doc.Attachments, told)
	k := parts.Key{Station: doc.Station, ID: doc.ID, Name: told.Part}
	if _, err := d.parts.Begin(t.Context(), k, told.PartSize); err != nil {
		t.Fatal(err)
	}
	if _, err := d.parts.Append(t.Context(), k, 0, bytes.NewReader(part), func() {}); err != nil {
		t.Fatal(err)
	}
	d.lay(t, doc, time.Now())
	at := "/submissions/" + doc.ID + "/attachments/1"
	if body := d.get("/submissions/" + doc.ID).Body.String(); !strings.Contains(body, at) || !strings.Contains(body, told.Label) {
		t.Errorf("the submission's page does not lead to its attachment:\n%s", body)
	}
	w := d.get(at)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), plain) {
		t.Fatalf("%d with %d bytes", w.Code, w.Body.Len())
	}
	for name, want := range map[string]string{"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff",
		"Content-Disposition": `attachment; filename="` + submission.Claim(doc.Station, doc.ID) + `-1.pdf"`,
		"Cache-Control":       "no-store", "Content-Security-Policy": "sandbox; default-src 'none'"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	lines, err := d.ledger.Audit(t.Context(), 10)
	if err != nil || len(lines) == 0 || lines[0].Act != ledger.Read || lines[0].Why != "page, attachment 1" || lines[0].ID != doc.ID {
		t.Errorf("audit: %+v, %v", lines, err)
	}
	for _, bad := range []string{"0", "2", "x", "-1"} {
		if w := d.get("/submissions/" + doc.ID + "/attachments/" + bad); w.Code != 404 {
			t.Errorf("attachment %s: %d", bad, w.Code)
		}
	}
	f, err := d.parts.Read(k)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	sealed, err := os.ReadFile(f.Name())
	if err != nil || !bytes.Equal(sealed, part) {
		t.Fatalf("what lies on the disk is not what was sent: %v", err)
	}
	centraltest.CheckNoPerson(t, "the part on the disk", string(sealed))
	sealed[len(sealed)-1] ^= 1
	if err := os.WriteFile(f.Name(), sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if w := d.get(at); w.Code != 500 || strings.Contains(w.Body.String(), "PDF") {
		t.Errorf("one that the disk has lost: %d with %d bytes", w.Code, w.Body.Len())
	}
}
