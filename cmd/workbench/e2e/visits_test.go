package e2e

import (
	"context"
	"testing"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// file makes a filing up to the first screen that says how it went.
func file(ctx context.Context, t *testing.T, c *walk.Citizen, f walk.Filing) (asked []string, done hatch.Screen) {
	t.Helper()
	must(t, c.Identify(ctx, f))
	asked, err := c.Fill(ctx, f)
	must(t, err)
	done, err = c.Submit(ctx)
	must(t, err)
	return asked, done
}

// delivered waits until the outbox has nothing left to send.
func delivered(ctx context.Context, t *testing.T, s *stage.Stage) time.Duration {
	t.Helper()
	return until(ctx, t, s, "the delivery", func(s hatch.Status) bool { return s.Outbox.Waiting == 0 && s.Outbox.Refused == 0 })
}

// one holds that central has exactly one submission, the one of this id, and
// that it is what was touched.
func one(ctx context.Context, t *testing.T, s *stage.Stage, id string, f walk.Filing, asked []string) stage.Record {
	t.Helper()
	all, err := s.Central.Records(ctx)
	must(t, err)
	if len(all) != 1 || all[0].ID != id {
		t.Fatalf("central holds %+v, want %s alone", all, id)
	}
	f.Chip = f.Chip && s.Chipless == ""
	doc, _, err := s.Central.Submission(ctx, id)
	must(t, err)
	must(t, proof.Submission(doc, f, asked, time.Now()))
	return all[0]
}

func TestBirthOnline(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("it ended on %s", walk.Describe(done))
	}
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	paper := paperOf(ctx, t, s, slip.ID)
	id, _, err := proof.LookUp(paper)
	must(t, err)
	delivered(ctx, t, s)
	record := one(ctx, t, s, id, f, asked)
	must(t, proof.Receipt(paper, record.Claim, record.Dossier))
	done, err = c.Until(ctx, "the authority's code", func(n hatch.Screen) bool { return n.Screen == "done" && n.Code != "" })
	must(t, err)
	if done.Code != record.Dossier {
		t.Errorf("the screen shows %q, central opened %q", done.Code, record.Dossier)
	}
	must(t, c.Leave(ctx))
	quiet(t, s)
	recording, err := s.Desk.Voice(ctx)
	must(t, err)
	sound, err := proof.Listen(recording)
	must(t, err)
	must(t, sound.Audible())
}

func TestBirthWithCentralDown(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	f := walk.Birth(time.Now())
	must(t, s.Central.Kill())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("it ended on %s", walk.Describe(done))
	}
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	paper := paperOf(ctx, t, s, slip.ID)
	id, _, err := proof.LookUp(paper)
	must(t, err)
	entry, err := s.Hatch.Entry(ctx, id)
	must(t, err)
	if entry.Dossier != "" || entry.Claim == "" {
		t.Fatalf("the outbox holds %+v, want a claim and no dossier", entry)
	}
	must(t, proof.Printed(paper, entry.Claim))
	says(t, paper, proof.StoredHere)
	must(t, c.Leave(ctx))

	must(t, s.Central.Start(ctx))
	took := delivered(ctx, t, s)
	t.Logf("delivered %v after central was back", took)
	record := one(ctx, t, s, id, f, asked)
	if record.Claim != entry.Claim || record.Dossier == "" {
		t.Fatalf("central holds %+v, want claim %s and a dossier", record, entry.Claim)
	}

	// The look-up by the receipt then gives the authority's code.
	for _, step := range []struct{ touch, to string }{{"start", "home"}, {"door:lookup", "lookup"}} {
		_, err := c.Go(ctx, step.touch, step.to)
		must(t, err)
	}
	must(t, s.Desk.ScanSlip(ctx, slip.ID))
	found, err := c.At(ctx, "found")
	must(t, err)
	if found.Code != record.Dossier {
		t.Errorf("the look-up shows %q, central opened %q", found.Code, record.Dossier)
	}
	quiet(t, s)
}

func TestGuidedProcedure(t *testing.T) {
	ctx, s, c := open(t, stage.Options{})
	must(t, c.ToProcedures(ctx))
	must(t, c.Choose(ctx, "1.004222", "guide"))
	must(t, c.Find(ctx, "print"))
	must(t, c.Touch(ctx, "print"))
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	paper := paperOf(ctx, t, s, slip.ID)
	codes, err := desk.ReadCodes(paper)
	must(t, err)
	link, err := proof.GuideLink("1.004222")
	must(t, err)
	if len(codes) != 1 || codes[0] != link {
		t.Errorf("the slip's code leads to %q, want %q", codes, link)
	}
	_, err = c.Go(ctx, "finish", "goodbye")
	must(t, err)
	_, err = c.Go(ctx, "finish", "attract")
	must(t, err)
	if all, err := s.Central.Records(ctx); err != nil || len(all) != 0 {
		t.Errorf("central holds %+v, %v after a procedure that is only told of", all, err)
	}
}

// The robot's screen is landscape: the same visit on 1280×800.
func TestBirthOnARobot(t *testing.T) {
	ctx, s, c := open(t, stage.Options{Width: 1280, Height: 800})
	f := walk.Birth(time.Now())
	asked, done := file(ctx, t, c, f)
	if done.Screen != "done" {
		t.Fatalf("it ended on %s", walk.Describe(done))
	}
	slip, err := s.Desk.NextSlip(ctx, 0)
	must(t, err)
	id, _, err := proof.LookUp(paperOf(ctx, t, s, slip.ID))
	must(t, err)
	delivered(ctx, t, s)
	one(ctx, t, s, id, f, asked)
	must(t, c.Leave(ctx))
}
