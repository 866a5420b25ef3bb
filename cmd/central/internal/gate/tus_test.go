package gate

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

// tus gives the answer to one request about a part; head holds pairs.
func (b *bench) tus(method, path string, body io.Reader, station string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(head); i += 2 {
		if r.Header.Set(head[i], head[i+1]); head[i+1] == "" {
			r.Header.Del(head[i])
		}
	}
	return b.ask(r, station)
}

func (b *bench) begin(id, name string, length int) *httptest.ResponseRecorder {
	return b.tus("POST", "/v1/submissions/"+id+"/parts", nil, centraltest.Station,
		"Upload-Length", strconv.Itoa(length), "Upload-Metadata", "name "+base64.StdEncoding.EncodeToString([]byte(name)))
}

func (b *bench) patch(at string, offset int, body io.Reader) *httptest.ResponseRecorder {
	return b.tus("PATCH", at, body, centraltest.Station, "Upload-Offset", strconv.Itoa(offset), "Content-Type", contract.TusType)
}

// want checks status and headers, given in pairs.
func want(t *testing.T, what string, w *httptest.ResponseRecorder, status int, head ...string) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("%s: status %d, want %d: %s", what, w.Code, status, w.Body)
	}
	for i := 0; i < len(head); i += 2 {
		if got := w.Header().Get(head[i]); got != head[i+1] {
			t.Errorf("%s: %s is %q, want %q", what, head[i], got, head[i+1])
		}
	}
	if w.Header().Get("Tus-Resumable") != "1.0.0" {
		t.Errorf("%s: no Tus-Resumable", what)
	}
}

// A submission is received only when all of its parts are here and whole, and
// is told which are not. Until then it is neither stored nor refused.
func TestNoSubmissionBeforeItsParts(t *testing.T) {
	b := newBench(t)
	doc := centraltest.Document()
	var sealed [2][]byte
	for i := range sealed {
		part, told := centraltest.Seal(t, bytes.Repeat([]byte{byte(i)}, 100_000), b.to...)
		sealed[i] = part
		doc.Attachments = append(doc.Attachments, told)
	}
	envelope, digest, err := submission.Seal(doc, b.key, b.to)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{doc.Attachments[0].Part, doc.Attachments[1].Part}
	missing := func(want ...string) {
		t.Helper()
		w := b.put(doc, envelope, digest)
		p := problemOf(t, w)
		if w.Code != http.StatusFailedDependency || p.Code != "parts-missing" || !slices.Equal(p.Missing, want) {
			t.Fatalf("put: %d %s, missing %v, want %v", w.Code, p.Code, p.Missing, want)
		}
		r := httptest.NewRequest("GET", "/v1/submissions/"+doc.ID, nil)
		if w := b.ask(r, centraltest.Station); w.Code != 404 {
			t.Fatalf("status of one whose parts are missing: %d %s", w.Code, w.Body)
		}
	}
	missing(names...)
	for i, part := range sealed {
		at := "/v1/submissions/" + doc.ID + "/parts/" + names[i]
		want(t, "create", b.begin(doc.ID, names[i], len(part)), 201, "Location", at)
		want(t, "patch", b.patch(at, 0, bytes.NewReader(part[:1000])), 204, "Upload-Offset", "1000")
		missing(names[i:]...)
		want(t, "patch", b.patch(at, 1000, bytes.NewReader(part[1000:])), 204, "Upload-Offset", strconv.Itoa(len(part)))
	}
	if w := b.put(doc, envelope, digest); w.Code != 201 {
		t.Fatalf("put with all parts: %d %s", w.Code, w.Body)
	}
	if w := b.put(doc, envelope, digest); w.Code != 200 {
		t.Fatalf("put again: %d %s", w.Code, w.Body)
	}
}

func TestTus(t *testing.T) {
	b := newBench(t)
	id := submission.NewID()
	part, told := centraltest.Seal(t, []byte(strings.Repeat("x", 5000)), b.to...)
	name, size := told.Part, len(part)
	many := "/v1/submissions/" + id + "/parts"
	at := many + "/" + name
	code := func(what string, w *httptest.ResponseRecorder, status int, code string) {
		t.Helper()
		if p := problemOf(t, w); w.Code != status || p.Code != code {
			t.Errorf("%s: %d %s, want %d %s", what, w.Code, p.Code, status, code)
		}
	}
	want(t, "options", b.tus("OPTIONS", many, nil, centraltest.Station), 204, "Tus-Version", "1.0.0", "Tus-Extension", "creation,expiration",
		"Tus-Max-Size", strconv.Itoa(contract.MaxPart))
	want(t, "head of none", b.tus("HEAD", at, nil, centraltest.Station), 404, "Content-Type", contract.ProblemType)
	code("patch of none", b.patch(at, 0, bytes.NewReader(part)), 404, "not-found")
	code("too long", b.begin(id, name, contract.MaxPart+1), 413, "too-large")
	code("no length", b.begin(id, name, -1), 413, "too-large")
	code("other name", b.begin(id, "../../x", size), 400, "bad-request")
	code("other id", b.begin("x", name, size), 400, "bad-request")
	code("other version", b.tus("POST", many, nil, centraltest.Station, "Tus-Resumable", "0.2.2"), 412, "other-tus")

	want(t, "create", b.begin(id, name, size), 201, "Location", at)
	want(t, "create again", b.begin(id, name, size), 201, "Location", at)
	code("another length", b.begin(id, name, size+1), 409, "other-content")
	w := b.tus("HEAD", at, nil, centraltest.Station)
	want(t, "head", w, 200, "Upload-Offset", "0", "Upload-Length", strconv.Itoa(size), "Cache-Control", "no-store")
	if _, err := http.ParseTime(w.Header().Get("Upload-Expires")); err != nil {
		t.Errorf("Upload-Expires: %v", err)
	}
	if w := b.tus("HEAD", at, nil, "CN-04"); w.Code != 403 {
		t.Errorf("head by a station that is not enrolled: %d", w.Code)
	}
	code("wrong type", b.tus("PATCH", at, bytes.NewReader(part), centraltest.Station, "Upload-Offset", "0"), 415, "wrong-type")
	code("wrong offset", b.patch(at, 10, bytes.NewReader(part)), 409, "wrong-offset")
	code("no offset", b.tus("PATCH", at, bytes.NewReader(part), centraltest.Station, "Content-Type", contract.TusType), 400, "bad-request")
	want(t, "patch", b.patch(at, 0, bytes.NewReader(part[:100])), 204, "Upload-Offset", "100")
	// What came before a break stays.
	b.patch(at, 100, io.MultiReader(bytes.NewReader(part[100:250]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	want(t, "head after a break", b.tus("HEAD", at, nil, centraltest.Station), 200, "Upload-Offset", "250")
	code("more than was told", b.patch(at, 250, bytes.NewReader(append(part[250:size:size], 0))), 413, "too-large")
	w = b.tus("HEAD", at, nil, centraltest.Station)
	want(t, "head when whole", w, 200, "Upload-Offset", strconv.Itoa(size), "Upload-Expires", "")

	spoilt := strings.Repeat("0", 64)
	want(t, "create", b.begin(id, spoilt, size), 201)
	code("altered", b.patch(many+"/"+spoilt, 0, bytes.NewReader(part)), 400, "digest-mismatch")
	want(t, "head of altered", b.tus("HEAD", many+"/"+spoilt, nil, centraltest.Station), 404)
	centraltest.CheckNoPerson(t, "the gate's log", b.log.String())
}

// Whatever a station sends about a part, it is answered as the contract says, and
// nothing is written outside of the part's own folder.
func FuzzTus(f *testing.F) {
	b := newBench(f)
	_, told := centraltest.Seal(f, []byte("seed"), b.to...)
	name := "name " + base64.StdEncoding.EncodeToString([]byte(told.Part))
	f.Add("10", name, "0", []byte("0123456789"))
	f.Add("21037056", name, "-1", []byte{})
	f.Add("9223372036854775808", "name ../../x", "99999999999", []byte("x"))
	f.Add("0x10", "name "+base64.StdEncoding.EncodeToString([]byte("../../../etc/passwd")), "1e3", []byte("x"))
	f.Fuzz(func(t *testing.T, length, metadata, offset string, body []byte) {
		id := submission.NewID()
		w := b.tus("POST", "/v1/submissions/"+id+"/parts", nil, centraltest.Station, "Upload-Length", length, "Upload-Metadata", metadata)
		at := "/v1/submissions/" + id + "/parts/" + told.Part
		if w.Code == http.StatusCreated {
			at = w.Header().Get("Location")
		}
		for _, w := range []*httptest.ResponseRecorder{w, b.tus("HEAD", at, nil, centraltest.Station),
			b.tus("PATCH", at, bytes.NewReader(body), centraltest.Station, "Upload-Offset", offset, "Content-Type", contract.TusType)} {
			switch w.Code {
			case http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound,
				http.StatusConflict, http.StatusRequestEntityTooLarge:
			default:
				t.Fatalf("answered %d: %s", w.Code, w.Body)
			}
		}
	})
}
