package uplink

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// fixed answers every request with the same reply.
type fixed struct {
	status     int
	kind, body string
}

func (f fixed) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Header: http.Header{"Content-Type": {f.kind}},
		Body: io.NopCloser(strings.NewReader(f.body))}, nil
}

// FuzzReply holds that no reply to a PUT, whatever its bytes, makes a
// submission count as received unless it is a status of this id and digest,
// nor as refused unless it is a problem with a code.
func FuzzReply(f *testing.F) {
	box, err := outbox.Open(context.Background(), filepath.Join(f.TempDir(), "outbox"), outbox.Options{MinFree: -1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = box.Close() })
	it := outbox.Item{ID: "01900000-0000-7000-8000-000000000001", Sealed: []byte("sealed"), SecretHash: []byte{1}}
	if err := box.Put(context.Background(), it); err != nil {
		f.Fatal(err)
	}
	digest := submission.Digest(it.Sealed)
	seed := func(status int, kind string, v any) {
		raw, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(status, kind, string(raw))
	}
	seed(201, "application/json", contract.Status{ID: it.ID, State: contract.StateReceived, At: time.Unix(1, 0), Digest: digest})
	seed(200, "application/json; charset=utf-8", contract.Status{ID: it.ID, State: contract.StateOpened, At: time.Unix(1, 0), Digest: digest, Dossier: "H26-20261103-0001"})
	seed(200, "application/json", contract.Status{ID: it.ID, State: contract.StateRefused, At: time.Unix(1, 0), Refusal: problem("schema", 422)})
	seed(422, contract.ProblemType, problem("schema", 422))
	seed(409, contract.ProblemType, problem("other-content", 409))
	seed(503, contract.ProblemType, problem("busy", 503))
	f.Add(200, "text/html", "<html>")
	f.Add(302, "", "")
	f.Add(201, "application/json", `{"id":`)

	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 100 || status > 599 {
			return
		}
		if err := box.Resend(context.Background(), it.ID, outbox.Reason{}); err != nil {
			if e, _ := box.Show(context.Background(), it.ID); !e.Pending() {
				t.Fatal(err)
			}
		}
		c := &clock{now: time.Now}
		u := assemble(New(Options{Outbox: box, Base: "https://central.test", Station: station,
			Log: slog.New(slog.DiscardHandler)}).o, c, lineOver(fixed{status, kind, body}, c), func() {})
		d := u.newDesk(1)
		failure := u.send(context.Background(), it, d)
		if err := d.close(); err != nil {
			t.Fatal(err)
		}
		e, err := box.Show(context.Background(), it.ID)
		if err != nil {
			t.Fatal(err)
		}
		var s contract.Status
		_ = json.Unmarshal([]byte(body), &s)
		var p contract.Problem
		_ = json.Unmarshal([]byte(body), &p)
		switch {
		case e.State == outbox.Received && (failure != nil || s.ID != it.ID || s.Digest != digest || (status != 200 && status != 201)):
			t.Errorf("received on %d %q %q", status, kind, body)
		case e.State == outbox.Refused && (failure != nil || p.Code == "" && s.Refusal.Code == ""):
			t.Errorf("refused on %d %q %q", status, kind, body)
		case e.Pending() && failure == nil:
			t.Errorf("neither settled nor failed on %d %q %q", status, kind, body)
		}
	})
}
