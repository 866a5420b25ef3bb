package station_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/devices/card/lds/ldstest"
	"motcua/kiosk/pin"
	"motcua/kiosk/station"
	"motcua/kiosk/visit"
)

// staffed gives a station's staff a PIN.
func staffed(t *testing.T) func(*hall, *station.Parts) {
	return func(_ *hall, p *station.Parts) {
		place := p.Machine.Place
		place.HasPIN = true
		p.Machine, p.PIN = visit.New(place), pin.NewGate(must[string](t)(pin.Hash("8264")), p.Now)
	}
}

// compare brings staff to where they compare, over the page on which somebody is
// asked who they are.
func (h *hall) compare() {
	h.t.Helper()
	h.identify()
	h.touch("staff", "duty", "key:8", "key:2", "key:6", "key:4", "next")
	h.until("duty-parts", func(v visit.View) bool { return v.Screen == "duty-parts" })
	h.touch("portrait")
	h.sheet("")
}

// sheet waits until the sheet is about something.
func (h *hall) sheet(step string) visit.View {
	h.t.Helper()
	return h.until("the sheet "+step, func(v visit.View) bool { return v.Screen == "duty-portrait" && v.Step == step })
}

// portrait is the name of the portrait that is shown.
func portrait(t *testing.T, v visit.View) string {
	t.Helper()
	for _, b := range v.Blocks {
		if p, ok := b.(visit.Portrait); ok {
			return p.ID
		}
	}
	t.Fatal("no portrait is shown")
	return ""
}

// wiped waits until a portrait cannot be had any more.
func (h *hall) wiped(id string) {
	h.t.Helper()
	h.logged(0, id)
	h.until("the end of the portrait", func(v visit.View) bool { return !strings.Contains(fmt.Sprintf("%+v", v), id) })
	h.touch("look") // the sheet's own work is done when this is shown
	h.until("the next view", func(v visit.View) bool { return v.Over != nil })
	h.touch("close")
	if h.s.Portrait(id, 30, 40) != nil {
		h.t.Error("the portrait is still there")
	}
}

// TestPortraitIsShownAndGone: opened by the code or by six digits, taken down by
// staff or with its card, and nowhere afterwards.
func TestPortraitIsShownAndGone(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d, staffed(t))
	h.compare()
	d.reader.Lay(d.issue(ldstest.CCCD2021, ldstest.None))
	h.readerIs(visit.ReaderCard)
	h.scan(ldstest.CCCD2021)
	v := h.sheet("shown")
	id := portrait(t, v)
	for _, secret := range []string{"Mẫu", "MẪU", "001090999999", "999999", "1990", "Phố"} {
		if strings.Contains(fmt.Sprintf("%+v", v), secret) {
			t.Errorf("the sheet shows %q", secret)
		}
	}
	img := h.s.Portrait(id, 600, 600)
	if img == nil || img.Rect.Dx() != 450 || img.Rect.Dy() != 600 {
		t.Fatalf("it is %v", img)
	}
	if c := img.RGBAAt(225, 280); c.R < c.B { // a face is warmer than the wall behind it
		t.Errorf("in its middle it is %v", c)
	}
	h.touch("finish")
	h.wiped(id)

	h.touch("portrait")
	h.sheet("")
	for _, digit := range ldstest.CCCD2021.Person().CAN() {
		h.touch("key:" + string(digit))
	}
	h.touch("next")
	again := portrait(t, h.sheet("shown"))
	if again == id {
		t.Error("two portraits have one name")
	}
	d.reader.Lift()
	h.sheet("")
	h.wiped(again)
	h.touch("end")
	h.at(visit.AtIdentify)
	h.logged(2, "portrait read", `"assurance":"chip-genuine"`)
	h.logged(0, "chip read")

	// Nothing of the picture is on the disk.
	img2 := must[[]byte](t)(ldstest.Photo(2000))
	err := filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, img2[len(img2)/2:len(img2)/2+32]) {
			t.Errorf("%s holds the picture", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPortraitThatIsNotShown: each chip that has none to show, or none to trust, and
// each card that is not the one, has its sentence.
func TestPortraitThatIsNotShown(t *testing.T) {
	d := newCardDesk(t)
	h := openWith(t, -1, d, staffed(t))
	h.compare()
	photo := d.photo
	try := func(f ldstest.Flavour, wrong ldstest.Fault, photo []byte, step string) {
		t.Helper()
		d.photo = photo
		d.reader.Lay(d.issue(f, wrong))
		h.readerIs(visit.ReaderCard)
		h.scan(f)
		h.sheet(step)
		d.reader.Lift()
		h.readerIs(visit.ReaderEmpty)
		h.touch("back")
		h.sheet("")
	}
	try(ldstest.Child, ldstest.None, nil, "none")
	try(ldstest.CanCuoc, ldstest.None, ldstest.Photo2000(), "kind")
	try(ldstest.CCCD2021, ldstest.None, []byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F'}, "spoiled")
	try(ldstest.NeverEnds, ldstest.ForgedSigner, photo, "refused")

	d.reader.Lay(d.issue(ldstest.NeverEnds, ldstest.None))
	h.readerIs(visit.ReaderCard)
	h.scan(ldstest.CCCD2021)
	h.sheet("locked")
	d.reader.Lift()
	h.readerIs(visit.ReaderEmpty)
	h.touch("back")
	h.sheet("")
	h.scan(ldstest.NeverEnds) // no scanner reads one code twice at once
	h.sheet("lay")
	d.hanging(h, ldstest.NeverEnds)
	d.reader.Lift()
	h.sheet("lifted")
	d.unplug()
	h.sheet("away")
	h.touch("back", "end")
	h.at(visit.AtIdentify)
}
