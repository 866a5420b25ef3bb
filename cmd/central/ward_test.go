package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/attachment"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

// wire is the line between a station and central. It counts what the station
// sends and can break.
type wire struct {
	addr string
	sent atomic.Int64
	// passed hears of every piece on its way to central; true breaks the line.
	passed func(n int) bool
	// broke hears of every break.
	broke func()

	mu    sync.Mutex // guards what follows
	to    string
	conns map[net.Conn]bool
}

func newWire(t *testing.T, r *running) *wire {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: "https://" + in.Addr().String(), passed: func(int) bool { return false }, broke: func() {}, conns: map[net.Conn]bool{}}
	w.lead(t, r)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.join(near) })
		}
	})
	t.Cleanup(func() {
		_ = in.Close()
		w.cut()
		all.Wait()
	})
	return w
}

// lead has new connections go to r.
func (w *wire) lead(t *testing.T, r *running) {
	t.Helper()
	u, err := url.Parse(r.api)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = u.Host
}

func (w *wire) join(near net.Conn) {
	defer near.Close()
	w.mu.Lock()
	to := w.to
	w.mu.Unlock()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	w.conns[near], w.conns[far] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(near, far); _ = near.Close(); _ = far.Close() })
	both.Go(func() {
		defer near.Close()
		defer far.Close()
		buf := make([]byte, 4<<10)
		for {
			n, err := near.Read(buf)
			if err != nil {
				return
			}
			w.sent.Add(int64(n))
			if w.passed(n) {
				w.cut()
				w.broke()
				return
			}
			if _, err := far.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	both.Wait()
	w.mu.Lock()
	delete(w.conns, near)
	delete(w.conns, far)
	w.mu.Unlock()
}

// cut breaks every connection; new ones are taken.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

// ward is a station with files to send: its outbox and its uplink.
type ward struct {
	t      *testing.T
	dir    string
	bundle *uplink.Bundle
	box    *outbox.Outbox
	up     *uplink.Uplink
	stop   func()
	rate   int // bytes a second during a visit; 0 = as a station has it
}

func newWard(t *testing.T, o *office) *ward {
	t.Helper()
	bundle, err := uplink.LoadBundle(o.bundle(centraltest.Station))
	if err != nil {
		t.Fatal(err)
	}
	s := &ward{t: t, dir: filepath.Join(t.TempDir(), "outbox"), bundle: bundle, stop: func() {}}
	s.open()
	t.Cleanup(func() { s.close() })
	return s
}

func (s *ward) open() {
	s.t.Helper()
	var err error
	if s.box, err = outbox.Open(context.Background(), s.dir, outbox.Options{MinFree: -1}); err != nil {
		s.t.Fatal(err)
	}
}

// close ends the station as a power switch does not: in order.
func (s *ward) close() {
	s.stop()
	if err := s.box.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *ward) run(w *wire) {
	up := uplink.New(uplink.Options{Outbox: s.box, Base: w.addr, TLS: s.bundle.TLS, Station: s.bundle.Station, VisitRate: s.rate,
		Log: slog.New(slog.NewTextHandler(s.t.Output(), nil))})
	s.up = up
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- up.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			s.t.Errorf("uplink: %v", err)
		}
	})
}

// file gives a PDF of n bytes with nothing in it that packs.
func file(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	copy(b, "%PDF-1.7\n")
	copy(b[n-20:], "startxref\n0\n%%EOF\n  ")
	return b
}

// hand takes in files as in a visit and submits with them.
func (s *ward) hand(files ...[]byte) submission.Document {
	s.t.Helper()
	tray := attachment.NewTray(s.box, s.bundle.To)
	doc := centraltest.Document()
	var parts []outbox.Part
	for i, f := range files {
		a, err := tray.Take(s.t.Context(), bytes.NewReader(f))
		if err != nil {
			s.t.Fatal(err)
		}
		doc.Attachments = append(doc.Attachments, contract.Attachment{Question: "proof", Label: fmt.Sprint("Giấy ", i), Part: a.Part.Name,
			PartSize: a.Part.Size, Media: string(a.Media), Size: a.Size, Digest: a.Digest})
		parts = append(parts, a.Part)
	}
	sealed, digest, err := submission.Seal(doc, s.bundle.Key, s.bundle.To)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.box.Put(s.t.Context(), outbox.Item{ID: doc.ID, Claim: submission.Claim(doc.Station, doc.ID), Procedure: doc.Procedure.Code,
		SecretHash: []byte{}, Created: doc.CreatedAt, Sealed: sealed, Digest: digest, Parts: parts}); err != nil {
		s.t.Fatal(err)
	}
	if err := tray.Close(); err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// received waits until central has doc.
func (s *ward) received(doc submission.Document) {
	s.t.Helper()
	patience, done := context.WithTimeout(s.t.Context(), time.Minute)
	defer done()
	if e, err := s.box.Await(patience, doc.ID); err != nil || e.State != outbox.Received {
		s.t.Fatalf("%s is %s, %+v, %v", doc.ID, e.State, e.Reason, err)
	}
}

// holds checks that central has doc once, with files byte for byte, and that
// nothing of them lies there in the clear.
func (o *office) holds(t *testing.T, r *running, doc submission.Document, files ...[]byte) {
	t.Helper()
	for i, want := range files {
		got := fetch(t, fmt.Sprintf("%s/submissions/%s/attachments/%d", r.page, doc.ID, i+1))
		if got != string(want) {
			t.Errorf("attachment %d came as %d other bytes than the %d that were handed over", i+1, len(got), len(want))
		}
		sealed, err := os.ReadFile(filepath.Join(o.dir, "parts", doc.Station, doc.ID, doc.Attachments[i].Part))
		if err != nil || bytes.Contains(sealed, want[:64]) {
			t.Errorf("attachment %d lies in the clear, or not at all: %v", i+1, err)
		}
	}
}

// until waits for an entry that is as wanted.
func (s *ward) until(doc submission.Document, what string, want func(outbox.Entry) bool) {
	s.t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		changed := s.box.Changed()
		e, err := s.box.Show(s.t.Context(), doc.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if want(e) {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			s.t.Fatalf("%s is not %s after a minute: %+v", doc.ID, what, e)
		}
	}
}
