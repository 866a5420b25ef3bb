package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/stick"
	"motcua/kiosk/submission"
)

// onStick writes sealed submissions to a folder as a station does.
func onStick(t *testing.T, station string, all ...stick.Sealed) (dir string, m stick.Manifest) {
	t.Helper()
	w, err := stick.Create(t.TempDir(), station, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if m, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Dir(), m
}

// A stick brings each submission exactly once, whether it also came over the
// network or came before, beside a central that serves; and what is not right
// holds up nothing and is audited.
func TestImport(t *testing.T) {
	o := newOffice(t)
	o.enrol(t, "CN-04")
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))
	sealed := func(doc submission.Document) stick.Sealed {
		b, digest := o.seal(t, doc)
		return stick.Sealed{ID: doc.ID, Digest: digest, Bytes: b}
	}
	docs := []submission.Document{centraltest.Document(), centraltest.Document(), centraltest.Document(), centraltest.Document()}
	online, fresh, spoilt, last := sealed(docs[0]), sealed(docs[1]), sealed(docs[2]), sealed(docs[3])
	foreign := centraltest.Document()
	b, digest, err := submission.Seal(foreign, submission.NewStationKey(centraltest.Station, time.Time{}), o.to)
	if err != nil {
		t.Fatal(err)
	}
	stranger := stick.Sealed{ID: foreign.ID, Digest: digest, Bytes: b}
	replayed := fresh
	replayed.ID = submission.NewID() // the same envelope under a new id
	if answer := put(t.Context(), t, c, online.ID, centraltest.Station, online.Digest, online.Bytes); answer.JSON201 == nil {
		t.Fatalf("%s %s", answer.Status(), answer.Body)
	}
	dir, m := onStick(t, centraltest.Station, online, fresh, stranger, spoilt, replayed, last)
	file := filepath.Join(dir, m.Files[3].Name)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-20] ^= 1
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}

	run := func(dir string, want ...string) {
		t.Helper()
		out, errs, err := central(t, "import", "--dir", o.dir, dir)
		if err == nil {
			t.Error("import: all fine, want it to tell that not everything was taken")
		}
		if got := strings.Split(strings.TrimSpace(out), "\n"); !slices.Equal(got, want) {
			t.Errorf("import printed\n%s\nwant\n%s\n%s", out, strings.Join(want, "\n"), errs)
		}
		centraltest.CheckNoPerson(t, "import's log", errs)
	}
	refused := []string{"refused " + stranger.ID + " foreign-signature", "altered " + spoilt.ID, "refused " + replayed.ID + " other-id"}
	run(dir, "known   "+online.ID, "stored  "+fresh.ID, refused[0], refused[1], refused[2], "stored  "+last.ID)
	run(dir, "known   "+online.ID, "known   "+fresh.ID, refused[0], refused[1], refused[2], "known   "+last.ID)

	// In the name of another station, or under an id that has other bytes here.
	other, otherDigest := o.seal(t, docs[1])
	dir, _ = onStick(t, "CN-04", fresh)
	run(dir, "refused "+fresh.ID+" other-content")
	dir, _ = onStick(t, centraltest.Station, stick.Sealed{ID: fresh.ID, Digest: otherDigest, Bytes: other})
	run(dir, "refused "+fresh.ID+" other-content")
	dir, _ = onStick(t, "CN-09", last)
	run(dir, "refused "+last.ID+" wrong-certificate")

	for _, s := range []stick.Sealed{online, fresh, last} {
		checkHeldOnce(t, o, s.ID, 3)
		// The network is back: the station sends what it still has.
		if answer := put(t.Context(), t, c, s.ID, centraltest.Station, s.Digest, s.Bytes); answer.JSON200 == nil || answer.JSON200.Dossier == "" {
			t.Errorf("put after the stick: %s %s; want it known with its dossier", answer.Status(), answer.Body)
		}
	}
	audit := fetch(t, r.page+"/audit")
	centraltest.CheckNoPerson(t, "audit page", audit)
	for _, want := range []string{stranger.ID, replayed.ID, "foreign-signature", "other-id", "other-content", "wrong-certificate"} {
		if !strings.Contains(audit, want) {
			t.Errorf("the audit page does not tell of %s", want)
		}
	}
	if _, errs, err := central(t, "import", "--dir", o.dir, t.TempDir()); err == nil || !strings.Contains(errs, "no finished export") {
		t.Errorf("import of an empty folder: %v, %s", err, errs)
	}
}

// A stick brings the files of a submission with it. One whose file is spoilt on
// the stick is not received until the file comes, by whatever way.
func TestImportWithAttachments(t *testing.T) {
	o := newOffice(t)
	s := newWard(t, o)
	plain, spoilt := file(200_000), file(100_000)
	with, without := s.hand(plain, spoilt), s.hand(spoilt)
	var all []stick.Sealed
	for _, doc := range []submission.Document{with, without} {
		it, err := s.box.Item(t.Context(), doc.ID)
		if err != nil {
			t.Fatal(err)
		}
		one := stick.Sealed{ID: it.ID, Digest: it.Digest, Bytes: it.Sealed}
		for _, p := range it.Parts {
			one.Parts = append(one.Parts, stick.Source{Name: p.Name, Size: p.Size, Open: func() (io.ReadCloser, error) { return s.box.OpenPart(p) }})
		}
		all = append(all, one)
	}
	dir, m := onStick(t, centraltest.Station, all...)
	path := filepath.Join(dir, m.Files[1].Parts[0].File)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, sealed[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"stored  ", "known   "} {
		out, errs, err := central(t, "import", "--dir", o.dir, dir)
		if err == nil {
			t.Errorf("import: all fine, want it to tell that not everything was taken\n%s", errs)
		}
		if want := first + with.ID + "\nrefused " + without.ID + " parts-missing\n"; out != want {
			t.Errorf("import printed\n%s\nwant\n%s\n%s", out, want, errs)
		}
	}
	r := o.serve(t, "main")
	o.holds(t, r, with, plain, spoilt)
	s.run(newWire(t, r))
	s.received(with)
	s.received(without)
	o.holds(t, r, without, spoilt)
}
