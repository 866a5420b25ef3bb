package uplink

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

// dock is central's end of tus in memory, with hands to misbehave.
type dock struct {
	c *central

	mu    sync.Mutex // guards what follows
	parts map[string][]byte
	sizes map[string]int
	asked []string // method and status of each request about parts
	puts  []time.Time
	// odd sees every request about parts first; a status other than 0 is the answer.
	odd func(r *http.Request, part []byte) int
	// deaf has every submission answered with 424.
	deaf bool
}

func newDock(r *rig) *dock {
	openapi3filter.RegisterBodyDecoder(contract.TusType, openapi3filter.FileBodyDecoder)
	d := &dock{c: r.central, parts: map[string][]byte{}, sizes: map[string]int{}}
	r.central.misbehave(d.serve)
	return d
}

func (d *dock) serve(w http.ResponseWriter, r *http.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, name, is := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/submissions/"), "/parts")
	if !is {
		if r.Method != http.MethodPut || !d.deaf {
			return false
		}
		d.puts = append(d.puts, time.Now())
		p := problem("parts-missing", 424)
		p.Missing = []string{strings.Repeat("0a", 32)}
		say(w, 424, p)
		return true
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !d.c.follows(r) {
		say(w, 400, problem("bad-request", 400))
		return true
	}
	name = strings.TrimPrefix(name, "/")
	status := 0
	if d.odd != nil {
		status = d.odd(r, d.parts[name])
	}
	if status == 0 {
		status = d.answer(w, r, id, name, body)
	}
	d.asked = append(d.asked, r.Method+" "+strconv.Itoa(status))
	w.Header().Set("Tus-Resumable", contract.TusVersion)
	if status >= 400 {
		say(w, status, problem("odd", status))
	} else {
		w.WriteHeader(status)
	}
	return true
}

func (d *dock) answer(w http.ResponseWriter, r *http.Request, id, name string, body []byte) int {
	part, there := d.parts[name]
	switch {
	case r.Method == http.MethodPost:
		_, encoded, _ := strings.Cut(r.Header.Get("Upload-Metadata"), " ")
		b, _ := base64.StdEncoding.DecodeString(encoded)
		d.parts[string(b)] = []byte{}
		d.sizes[string(b)], _ = strconv.Atoi(r.Header.Get("Upload-Length"))
		w.Header().Set("Location", "/v1/submissions/"+id+"/parts/"+string(b))
		return 201
	case !there:
		return 404
	case r.Method == http.MethodHead:
		w.Header().Set("Upload-Length", strconv.Itoa(d.sizes[name]))
		w.Header().Set("Upload-Offset", strconv.Itoa(len(part)))
		return 200
	case r.Header.Get("Upload-Offset") != strconv.Itoa(len(part)):
		return 409
	}
	d.parts[name] = append(part, body...)
	w.Header().Set("Upload-Offset", strconv.Itoa(len(d.parts[name])))
	return 204
}

func (d *dock) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// hand puts a submission with one part of n bytes into the outbox.
func (r *rig) hand(n int) (outbox.Item, outbox.Part, []byte) {
	r.t.Helper()
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(rand.Uint32())
	}
	w, err := r.box.NewPart()
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		r.t.Fatal(err)
	}
	p, err := w.Keep()
	if err != nil {
		r.t.Fatal(err)
	}
	it := newItem()
	it.Parts = []outbox.Part{p}
	if err := r.box.Put(r.t.Context(), it); err != nil {
		r.t.Fatal(err)
	}
	return it, p, content
}

// Whatever is answered to a part, the station asks how far it is and goes on,
// or begins anew, and what central holds in the end is what was handed over.
func TestPartsFindTheirWay(t *testing.T) {
	once := func(method string, status int, do func(d *dock)) func(d *dock) {
		return func(d *dock) {
			first := true
			d.odd = func(r *http.Request, part []byte) int {
				if !first || r.Method != method || method == http.MethodPatch && len(part) == 0 {
					return 0
				}
				first = false
				do(d)
				return status
			}
		}
	}
	nothing := func(*dock) {}
	forget := func(d *dock) { clear(d.parts) }
	const n = 3 * turnBytes / 2
	for _, c := range []struct {
		name  string
		spoil func(*dock)
		want  []string
	}{
		{"nothing odd", func(*dock) {}, []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 204"}},
		{"wrong offset", once("PATCH", 409, nothing), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 409", "HEAD 200", "PATCH 204"}},
		{"gone", once("PATCH", 410, forget), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 410", "HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 204"}},
		{"expired", once("PATCH", 404, forget), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 404", "HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 204"}},
		{"a fault", once("PATCH", 500, nothing), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 500", "HEAD 200", "PATCH 204"}},
		{"spoilt on the way", once("PATCH", 400, forget), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 400", "HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 204"}},
		{"no room", once("PATCH", 507, nothing), []string{"HEAD 404", "POST 201", "HEAD 200", "PATCH 204", "PATCH 507", "HEAD 200", "PATCH 204"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			d := newDock(r)
			c.spoil(d)
			it, p, content := r.hand(n)
			r.run()
			e := r.settled(it.ID)
			if e.State != outbox.Received {
				t.Fatalf("%+v", e)
			}
			// What is only to be asked again counts as no failure and waits for nothing.
			if failed := e.Attempts > 1; failed != slices.ContainsFunc(c.want, func(a string) bool {
				return slices.Contains([]string{"PATCH 500", "PATCH 400", "PATCH 507"}, a)
			}) {
				t.Errorf("%d attempts", e.Attempts)
			}
			d.set(func() {
				if !bytes.Equal(d.parts[p.Name], content) {
					t.Errorf("central holds %d bytes of %d", len(d.parts[p.Name]), len(content))
				}
				if !slices.Equal(d.asked, c.want) {
					t.Errorf("asked %v, want %v", d.asked, c.want)
				}
			})
		})
	}
}

// A central that says again and again that it lacks a part which it says it has
// is asked ever more seldom, and holds up nobody.
func TestCentralThatNeverFindsAPart(t *testing.T) {
	r := newRig(t)
	d := newDock(r)
	d.deaf = true
	it, _, _ := r.hand(1000)
	r.run()
	r.until(it.ID, "told that it lacks a part, and waiting", func(e outbox.Entry) bool {
		return e.Lacking && e.Reason.Code == string(Lacking) && e.Due.After(time.Now().Add(1500*time.Millisecond))
	})
	d.set(func() {
		if n := len(d.puts); n > 6 {
			t.Errorf("it was put %d times meanwhile", n)
		}
		d.deaf = false
	})
	r.up.SendNow()
	if e := r.settled(it.ID); e.State != outbox.Received {
		t.Errorf("%+v", e)
	}
}

// Somebody else's answer about a part is none of central's.
func TestPortalIsNoDock(t *testing.T) {
	r := newRig(t)
	d := newDock(r)
	portal := true
	r.central.misbehave(func(w http.ResponseWriter, q *http.Request) bool {
		d.mu.Lock()
		on := portal
		d.mu.Unlock()
		if on && strings.Contains(q.URL.Path, "/parts") {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Upload-Offset", "1000")
			w.Header().Set("Upload-Length", "1000")
			w.WriteHeader(200)
			return true
		}
		return d.serve(w, q)
	})
	it, p, content := r.hand(1000)
	r.run()
	r.await("the portal", func(n News) bool { o, is := n.(Offline); return is && o.Cause == NotCentral })
	d.set(func() { portal = false })
	r.up.SendNow()
	if e := r.settled(it.ID); e.State != outbox.Received {
		t.Errorf("%+v", e)
	}
	d.set(func() {
		if !bytes.Equal(d.parts[p.Name], content) {
			t.Errorf("central holds %d bytes", len(d.parts[p.Name]))
		}
	})
}
