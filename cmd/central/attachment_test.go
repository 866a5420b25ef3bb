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
	"strings"
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

// A line that breaks at random bytes, dozens of times, brings every file byte
// for byte, and what a break costs is what was on its way.
func TestAttachmentsOverALineThatBreaks(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	w, s := newWire(t, r), newWard(t, o)
	files := [][]byte{file(3 << 20), file(100_000), file(1 << 20)}
	doc := s.hand(files...)
	const breaks = 40
	var left atomic.Int64
	var broken atomic.Int32
	draw := func() { left.Store(30_000 + rand.Int64N(150_000)) }
	draw()
	w.passed = func(n int) bool {
		if broken.Load() >= breaks || left.Add(int64(-n)) > 0 {
			return false
		}
		draw()
		broken.Add(1)
		return true
	}
	var up atomic.Pointer[uplink.Uplink]
	w.broke = func() { up.Load().SendNow() }
	s.run(w)
	up.Store(s.up)
	s.received(doc)
	o.holds(t, r, doc, files...)
	if broken.Load() < breaks/2 {
		t.Errorf("the line broke %d times: it proves little", broken.Load())
	}
	t.Logf("%d breaks, %d bytes sent for %d", broken.Load(), w.sent.Load(), 4<<20+100_000)
}

// A station that is switched off in the middle of a file, and a central that
// is, go on from there.
func TestAttachmentsAcrossRestarts(t *testing.T) {
	for _, who := range []string{"station", "central", "central by force"} {
		t.Run(who, func(t *testing.T) {
			o := newOffice(t)
			r := o.serve(t, "main")
			w, s := newWire(t, r), newWard(t, o)
			files := [][]byte{file(4 << 20), file(6 << 20)}
			doc := s.hand(files...)
			size := doc.Attachments[0].PartSize + doc.Attachments[1].PartSize
			there := make(chan struct{})
			stopAt := []int64{size / 4, size / 2, size * 3 / 4}
			for _, at := range stopAt {
				reached := sync.OnceFunc(func() { there <- struct{}{} })
				w.passed = func(int) bool {
					if w.sent.Load() > at {
						reached()
					}
					return false
				}
				s.run(w)
				<-there
				if who == "station" {
					s.close()
					s.open()
					continue
				}
				if who == "central" {
					r.stop(t)
				} else if err := r.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				} else {
					r.gone(t)
				}
				r = o.serve(t, "main")
				w.lead(t, r)
				s.stop()
			}
			w.passed = func(int) bool { return false }
			s.run(w)
			s.received(doc)
			o.holds(t, r, doc, files...)
			if sent := w.sent.Load(); sent > size*12/10 {
				t.Errorf("%d bytes were sent for parts of %d", sent, size)
			} else {
				t.Logf("%d bytes were sent for parts of %d", sent, size)
			}
		})
	}
}

// Not the station alone holds the green light back: an envelope that is put
// without its parts is not received, whoever puts it.
func TestNoGreenLightWithoutTheFiles(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	doc := centraltest.Document()
	_, told := centraltest.Seal(t, file(1000), o.to...)
	doc.Attachments = append(doc.Attachments, told)
	sealed, digest := o.seal(t, doc)
	c := client(t, r, o.bundle(centraltest.Station))
	answer := put(t.Context(), t, c, doc.ID, doc.Station, digest, sealed)
	if p := answer.ApplicationProblemJSON424; p == nil || p.Code != "parts-missing" || len(p.Missing) != 1 || p.Missing[0] != told.Part {
		t.Fatalf("%s %s", answer.Status(), answer.Body)
	}
	if list := fetch(t, r.page+"/"); strings.Contains(list, doc.ID) {
		t.Error("staff are shown a submission whose files never came")
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

// A central without room for files still takes what has none, and gets the
// files once it has.
func TestNoRoomForAttachments(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main", "--min-free", "9000000000000000000")
	w, s := newWire(t, r), newWard(t, o)
	plain := file(100_000)
	with, without := s.hand(plain), s.hand()
	s.run(w)
	s.until(with, "told that there is no room", func(e outbox.Entry) bool {
		return e.State == outbox.Resend && e.Reason.Code == string(uplink.NoRoom) && e.Reason.Owner == outbox.CentralIT && e.Due.After(time.Now())
	})
	s.received(without)
	r.stop(t)
	r = o.serve(t, "main")
	w.lead(t, r)
	s.up.SendNow()
	s.received(with)
	o.holds(t, r, with, plain)
}

// Whatever central lost or has other than the station believes, it ends with
// every byte: a part that is gone is begun anew, one that is shorter goes on
// from where it is.
func TestCentralForgetsWhatItHad(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	w, s := newWire(t, r), newWard(t, o)
	plain := file(6 << 20)
	doc := s.hand(plain)
	part := filepath.Join(o.dir, "parts", doc.Station, doc.ID, fmt.Sprintf("%s.%d", doc.Attachments[0].Part, doc.Attachments[0].PartSize))
	shorten := sync.OnceFunc(func() {
		if err := os.Truncate(part, 100_000); err != nil {
			t.Error(err)
		}
	})
	remove := sync.OnceFunc(func() {
		if err := os.Remove(part); err != nil {
			t.Error(err)
		}
	})
	w.passed = func(int) bool {
		switch sent := w.sent.Load(); {
		case sent > 4<<20:
			remove()
		case sent > 2<<20:
			shorten()
		}
		return false
	}
	s.run(w)
	s.received(doc)
	o.holds(t, r, doc, plain)
	if sent := w.sent.Load(); sent < 8<<20 {
		t.Errorf("%d bytes were sent: nothing was forgotten", sent)
	}
}

// While somebody uses the station and a huge file crawls, a photo of another
// citizen and a submission without files overtake it.
func TestHugeFilesStarveNobody(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	w, s := newWire(t, r), newWard(t, o)
	scan, photo := file(12<<20), file(60_000)
	huge := s.hand(scan)
	small, none := s.hand(photo), s.hand()
	s.run(w)
	s.up.Visit(true) // 64 KiB a second: three minutes for the scan
	s.received(none)
	s.received(small)
	if e, err := s.box.Show(t.Context(), huge.ID); err != nil || !e.Pending() || !e.Lacking {
		t.Errorf("the huge one: %+v, %v; it was to be under way", e, err)
	}
	s.up.Visit(false)
	s.received(huge)
	o.holds(t, r, huge, scan)
	o.holds(t, r, small, photo)
}

// A file that the station's disk has lost is never sent; its submission is set
// aside with owner and next step, and holds up nobody.
func TestLostAtTheStation(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	w, s := newWire(t, r), newWard(t, o)
	lost, plain := s.hand(file(100_000)), file(1000)
	whole := s.hand(plain)
	path := filepath.Join(s.dir, "parts", lost.Attachments[0].Part)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed[50_000] ^= 1
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(w)
	s.until(lost, "set aside", func(e outbox.Entry) bool {
		return e.State == outbox.Refused && e.Reason.Code == "attachment-damaged" && e.Reason.Owner == outbox.Technician && e.Reason.Next != ""
	})
	s.received(whole)
	o.holds(t, r, whole, plain)
	if _, err := os.Stat(filepath.Join(o.dir, "parts", lost.Station, lost.ID)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something of it was sent: %v", err)
	}
}

// What staff ask for goes before all others that wait, its files too.
func TestAskedForWithItsFiles(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	w, s := newWire(t, r), newWard(t, o)
	s.rate = 256 << 10
	scan, photo := file(2<<20), file(100_000)
	var before []submission.Document
	for range 5 {
		before = append(before, s.hand(scan))
	}
	wanted := s.hand(photo)
	s.run(w)
	s.up.Visit(true) // forty seconds for the five
	if err := s.up.SendThis(t.Context(), wanted.ID); err != nil {
		t.Fatal(err)
	}
	s.received(wanted)
	for _, doc := range before {
		if e, err := s.box.Show(t.Context(), doc.ID); err != nil || !e.Pending() {
			t.Errorf("one of those before: %s, %v; it was to wait", e.State, err)
		}
	}
	s.up.Visit(false)
	for _, doc := range before {
		s.received(doc)
	}
	o.holds(t, r, wanted, photo)
}
