package main

import (
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

// export writes what waits at a station to a stick as kioskctl does.
func (s *ward) export(stickDir string, at time.Time) (folder string, n int) {
	s.t.Helper()
	w, err := stick.Create(stickDir, s.bundle.Station, at)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := s.box.List(s.t.Context(), outbox.Filter{States: []outbox.State{outbox.Queued, outbox.Sending, outbox.Resend}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list {
		it, err := s.box.Item(s.t.Context(), e.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		one := stick.Sealed{ID: it.ID, Digest: it.Digest, Accepted: e.Accepted, Bytes: it.Sealed}
		for _, p := range it.Parts {
			one.Parts = append(one.Parts, stick.Source{Name: p.Name, Size: p.Size, Open: func() (io.ReadCloser, error) { return s.box.OpenPart(p) }})
		}
		if err := w.Add(one); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return w.Dir(), len(list)
}

// confirm takes in all that central wrote for this station, without a network.
func (s *ward) confirm(stickDir string) (all uplink.Confirmed) {
	s.t.Helper()
	up := uplink.New(uplink.Options{Outbox: s.box, Base: "https://127.0.0.1:1", TLS: s.bundle.TLS, Station: s.bundle.Station})
	files, err := stick.Confirmations(stickDir, s.bundle.Station)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		b, err := stick.ReadConfirmation(f)
		if err != nil {
			s.t.Fatal(err)
		}
		done, err := up.Confirm(s.t.Context(), b)
		if err != nil {
			s.t.Fatal(err)
		}
		all.Received += done.Received
		all.Refused += done.Refused
		all.Known += done.Known
		all.Other += done.Other
	}
	return all
}

// A station that never has a network: what it stored goes to central and
// central's word comes back, by the same stick; then nothing waits, and what
// central has is let go after its time. What central did not take stays.
func TestWholeCircleByStick(t *testing.T) {
	o := newOffice(t)
	s := newWard(t, o)
	with, plain, cut := s.hand(file(100_000)), s.hand(), s.hand(file(50_000))
	unknown := centraltest.Document()
	unknown.Procedure.Code = "9.999999"
	s.put(unknown)
	usb := t.TempDir()
	folder, n := s.export(usb, time.Now())
	if n != 4 {
		t.Fatalf("%d were exported, want 4", n)
	}
	m, err := stick.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(folder, m.Files[2].Parts[0].File) // of cut
	whole, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(part, whole[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // any number of times
		if out, errs, err := central(t, "import", "--dir", o.dir, usb); err == nil || !strings.Contains(out, "refused "+cut.ID+" parts-missing") {
			t.Errorf("import: %v\n%s%s", err, out, errs)
		}
	}
	if got := s.confirm(usb); got != (uplink.Confirmed{Received: 2, Refused: 1}) {
		t.Errorf("confirmed %+v", got)
	}
	for doc, want := range map[string]outbox.State{with.ID: outbox.Received, plain.ID: outbox.Received, cut.ID: outbox.Queued, unknown.ID: outbox.Refused} {
		e, err := s.box.Show(t.Context(), doc)
		if err != nil || e.State != want || want == outbox.Received && !dossierForm.MatchString(e.Central.Dossier) {
			t.Errorf("%s with dossier %q, %v; want %s", e.State, e.Central.Dossier, err, want)
		}
	}
	if err := os.WriteFile(part, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, _, err := central(t, "import", "--dir", o.dir, usb); err == nil || !strings.Contains(out, "stored  "+cut.ID) {
		t.Errorf("import of the mended stick: %v\n%s", err, out)
	}
	if got := s.confirm(usb); got != (uplink.Confirmed{Received: 1, Known: 3}) {
		t.Errorf("confirmed %+v the second time", got)
	}
	if sum, err := s.box.Summary(t.Context()); err != nil || sum.Pending() != 0 {
		t.Errorf("%d wait, %v", sum.Pending(), err)
	}
	kept, err := s.box.Retain(t.Context(), time.Now().Add(8*24*time.Hour))
	if err != nil || kept.Sealed != 3 {
		t.Errorf("Retain = %+v, %v; want the three that central has", kept, err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "C*.JWS"))
	if err != nil || len(files) != 1 {
		t.Fatalf("confirmations %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(string(b), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	centraltest.CheckNoPerson(t, "the confirmation", string(claims))
}

// An import that is killed confirms nothing; the next one confirms everything.
// One stick may go round several stations, each of which finds its own.
func TestImportKilledHalfWay(t *testing.T) {
	o := newOffice(t)
	o.enrol(t, "CN-04")
	s := newWard(t, o)
	usb := t.TempDir()
	for range 120 { // more lines than its pipe takes: it cannot come to its end
		s.hand()
	}
	folder, n := s.export(usb, time.Now())
	other, _ := onStick(t, "CN-04")
	if err := os.Rename(other, filepath.Join(usb, filepath.Base(other))); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], "import", "--dir", o.dir, folder)
	c.Env = childEnv("main")
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := unix.FcntlInt(in.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	c.Stdout = in
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if _, err := io.ReadFull(out, make([]byte, len("stored  "))); err != nil {
		t.Fatal(err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if files, err := stick.Confirmations(usb, s.bundle.Station); err == nil {
		t.Errorf("killed, and confirmed in %v", files)
	}
	mustCentral(t, "import", "--dir", o.dir, usb)
	if got := s.confirm(usb); got != (uplink.Confirmed{Received: n}) {
		t.Errorf("confirmed %+v, want all %d", got, n)
	}
	checkHeldOnce(t, o, firstOf(t, folder), n)
}

func firstOf(t *testing.T, folder string) string {
	t.Helper()
	m, err := stick.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return m.Files[0].ID
}

// put stores a document as it is.
func (s *ward) put(doc submission.Document) {
	s.t.Helper()
	sealed, digest, err := submission.Seal(doc, s.bundle.Key, s.bundle.To)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.box.Put(s.t.Context(), outbox.Item{ID: doc.ID, Claim: submission.Claim(doc.Station, doc.ID), Procedure: doc.Procedure.Code,
		SecretHash: []byte{}, Created: doc.CreatedAt, Sealed: sealed, Digest: digest}); err != nil {
		s.t.Fatal(err)
	}
}
