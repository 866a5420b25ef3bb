package e2e

import (
	"errors"
	"image"
	"testing"
	"time"

	"motcua/cmd/workbench/cable"
	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

func TestScannerPulledAndPutBack(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	must(t, c.ToIdentify(ctx, f))
	start := c.Last()
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Scanner = false }))
	took := until(ctx, t, s, "the scanner missed", func(s hatch.Status) bool { return !peripheral(s, "scanner") })
	t.Logf("unplugging noticed after %v", took)
	shown, err := c.Until(ctx, "the screen to say so", func(n hatch.Screen) bool { return n.Seq > start.Seq })
	must(t, err)
	if _, ok := shown.Find("way:type"); shown.Screen != "identify" || !ok {
		t.Errorf("without a scanner it shows %s, want the other ways", walk.Describe(shown))
	}
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Scanner = true }))
	took = until(ctx, t, s, "the scanner back", func(s hatch.Status) bool { return peripheral(s, "scanner") })
	t.Logf("back in use after %v", took)
	must(t, c.ShowCard(ctx, f))
	asked, err := c.Fill(ctx, f)
	must(t, err)
	done, err := c.Submit(ctx)
	must(t, err)
	if done.Screen != "done" || len(asked) == 0 {
		t.Errorf("it ended on %s after %d questions", walk.Describe(done), len(asked))
	}
}

func TestWrongCodesAreToldApart(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	must(t, c.ToIdentify(ctx, f))
	for _, id := range []string{"card-expired", "bhyt", "vietqr", "vneid"} {
		before := c.Last().Seq
		must(t, s.Desk.ScanCard(ctx, id))
		shown, err := c.Until(ctx, "an answer to "+id, func(n hatch.Screen) bool { return n.Seq > before })
		must(t, err)
		if shown.Screen != "identify" {
			t.Errorf("%s leads to %s", id, walk.Describe(shown))
		}
	}
	must(t, s.Desk.Scan(ctx, "half a card|||"))
	must(t, s.Desk.Garbage(ctx, 9000))
	before := c.Last().Seq
	must(t, s.Desk.ScanCard(ctx, "card-11"))
	shown, err := c.Until(ctx, "an answer to garbage", func(n hatch.Screen) bool { return n.Seq > before })
	must(t, err)
	if shown.Screen == "identify" { // the garbage took the card's code with it: again
		must(t, c.ShowCard(ctx, walk.Filing{Card: "card-11"}))
	}
	quiet(t, s)
}

func TestPaperOutInMidReceipt(t *testing.T) {
	ctx, s, c := open(t, stage.Options{Speed: 150})
	f := walk.Birth(time.Now())
	must(t, s.Desk.EndPaperAfter(ctx, 300))
	asked, done := file(ctx, t, c, f)
	if done.Screen == "done" { // the printer had not yet come to the end
		var err error
		done, err = c.At(ctx, "noprint")
		must(t, err)
	}
	if done.Screen != "noprint" || done.Code == "" {
		t.Fatalf("without paper it shows %s, code %q", walk.Describe(done), done.Code)
	}
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Paper = desk.Full }))
	_, err := c.At(ctx, "done")
	must(t, err)
	// First comes what was torn off with the empty roll, then what the printer
	// still had of the first try, then the receipt anew.
	var slip desk.Slip
	var paper image.Image
	var id string
	for pieces := 0; id == ""; pieces++ {
		slip, err = s.Desk.NextSlip(ctx, slip.ID)
		must(t, err)
		if pieces == 0 && !slip.Torn {
			t.Errorf("the first piece is %+v, want one torn off", slip)
		}
		paper = paperOf(ctx, t, s, slip.ID)
		id, _, err = proof.LookUp(paper)
		if !errors.Is(err, desk.ErrNoCode) {
			must(t, err)
		}
	}
	says(t, paper, proof.Again)
	delivered(ctx, t, s)
	one(ctx, t, s, id, f, asked)
	must(t, c.Leave(ctx))
	must(t, c.Identify(ctx, f)) // the next citizen is served
}

func TestNoSoundDevice(t *testing.T) {
	ctx, s, c := open(t, stage.Options{Mute: true})
	f := walk.Birth(time.Now())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" || len(asked) == 0 {
		t.Errorf("without a voice it ended on %s", walk.Describe(done))
	}
	until(ctx, t, s, "the loudspeaker missed", func(s hatch.Status) bool { return !peripheral(s, "speaker") })
	must(t, c.Leave(ctx))
}

func TestCaptivePortal(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	must(t, s.Desk.Cable(ctx, cable.Dumb))
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("behind a portal it ended on %s", walk.Describe(done))
	}
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	paper := paperOf(ctx, t, s, slip.ID)
	says(t, paper, proof.StoredHere)
	id, _, err := proof.LookUp(paper)
	must(t, err)
	must(t, c.Leave(ctx))
	must(t, s.Desk.Cable(ctx, cable.Pass))
	t.Logf("delivered %v after the portal was gone", delivered(ctx, t, s))
	one(ctx, t, s, id, f, asked)
}

func TestPowerCutWithSomethingStored(t *testing.T) {
	ctx, s, c := open(t, stage.Options{Offline: true})
	f := walk.Birth(time.Now())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("offline it ended on %s", walk.Describe(done))
	}
	entries, _, err := s.Hatch.Outbox(ctx)
	must(t, err)
	if len(entries) != 1 {
		t.Fatalf("the outbox holds %+v, want one", entries)
	}
	must(t, s.KillKiosk())
	must(t, s.StartKiosk(ctx))
	must(t, s.AwaitUnits(ctx))
	shown, err := c.At(ctx, "attract")
	must(t, err)
	if shown.Code != "" {
		t.Errorf("after the power cut it shows the code %s of the visitor before", shown.Code)
	}
	must(t, s.Desk.Cable(ctx, cable.Pass))
	delivered(ctx, t, s)
	one(ctx, t, s, entries[0].ID, f, asked)
}
