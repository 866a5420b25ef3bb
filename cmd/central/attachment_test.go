package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

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
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.gone(t)
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
	s.rate = 256 << 10
	s.run(w)
	s.up.Visit(true) // three quarters of a minute for the scan
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
