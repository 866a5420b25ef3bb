package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

func source(t *testing.T) Source {
	t.Helper()
	box, err := outbox.Open(t.Context(), filepath.Join(t.TempDir(), "outbox"), outbox.Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return Source{Outbox: box, Uplink: uplink.New(uplink.Options{Outbox: box, Base: "https://127.0.0.1:1", Station: "CN-03"}),
		Now: func() time.Time { return time.Now().Add(time.Hour) }}
}

func TestPage(t *testing.T) {
	s := source(t)
	var ids []string
	for range 3 {
		id := submission.NewID()
		ids = append(ids, id)
		if err := s.Outbox.Put(t.Context(), outbox.Item{ID: id, Claim: "CN03-7F2K", Sealed: make([]byte, 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Outbox.Refused(t.Context(), ids[0], outbox.Reason{Code: "schema"}); err != nil {
		t.Fatal(err)
	}
	at, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, at) }()
	get := func() (int, string) {
		t.Helper()
		rsp, err := http.Get("http://" + at.Addr().String() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer rsp.Body.Close()
		b, err := io.ReadAll(rsp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return rsp.StatusCode, string(b)
	}
	status, page := get()
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, page)
	}
	for _, want := range []string{
		`motcua_outbox_submissions{state="queued"} 2`,
		`motcua_outbox_submissions{state="refused"} 1`,
		`motcua_outbox_sealed_bytes 3000`,
		`motcua_uplink_online 0`,
		`motcua_uplink_cause{cause="unreachable"} 1`,
		`motcua_uplink_sends_total{outcome="settled"} 0`,
		`process_resident_memory_bytes `,
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("no line %q", want)
		}
	}
	if !regexp.MustCompile(`(?m)^motcua_outbox_oldest_seconds 36\d\d`).MatchString(page) {
		t.Error("the oldest has not waited an hour")
	}
	for _, id := range ids {
		if strings.Contains(page, id) || strings.Contains(page, "CN03") {
			t.Error("the page names a submission")
		}
	}
	if err := s.Outbox.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(); status != http.StatusInternalServerError {
		t.Errorf("status %d with the outbox closed, want 500", status)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Serve = %v, want context.Canceled", err)
	}
}

func TestOnlyThisMachine(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:9100", ":9100", "192.0.2.1:9100", "localhost:9100", "127.0.0.1"} {
		if err := source(t).Run(t.Context(), listen); err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
			t.Errorf("Run at %s = %v, want a refusal", listen, err)
		}
	}
}
