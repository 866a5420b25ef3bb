package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/contract"
	"motcua/kiosk/hatch"
)

// midRead is an answer in the middle of every reading.
const midRead = 14

// openChip is open for a test that needs the card reader.
func openChip(t *testing.T) (context.Context, *stage.Stage, *walk.Citizen) {
	t.Helper()
	ctx, s, c := open(t, stage.Options{})
	if s.Chipless != "" {
		t.Skip(s.Chipless)
	}
	until(ctx, t, s, "the card reader", func(s hatch.Status) bool { return peripheral(s, "reader") })
	return ctx, s, c
}

// toChip goes to where the card is to be laid down.
func toChip(ctx context.Context, t *testing.T, s *stage.Stage, c *walk.Citizen, f walk.Filing) {
	t.Helper()
	must(t, c.ToIdentify(ctx, f))
	must(t, s.Desk.ScanCard(ctx, f.Card))
	mood(ctx, t, c, "lay")
}

// mood waits until the page of the chip is about something.
func mood(ctx context.Context, t *testing.T, c *walk.Citizen, want string) {
	t.Helper()
	_, err := c.Until(ctx, "the chip's page to say "+want, func(n hatch.Screen) bool { return n.Screen == "chip" && n.Step == want })
	must(t, err)
}

// filed goes on from the papers and gives the applicant that central has.
func filed(ctx context.Context, t *testing.T, s *stage.Stage, c *walk.Citizen, f walk.Filing) contract.Applicant {
	t.Helper()
	_, err := c.Fill(ctx, f)
	must(t, err)
	done, err := c.Submit(ctx)
	must(t, err)
	if done.Screen != "done" {
		t.Fatalf("it ended on %s", walk.Describe(done))
	}
	delivered(ctx, t, s)
	all, err := s.Central.Records(ctx)
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("central holds %d submissions, want one", len(all))
	}
	doc, _, err := s.Central.Submission(ctx, all[0].ID)
	must(t, err)
	return doc.Applicant
}

// A card pulled away too soon is told at once, and read when it is laid down
// again.
func TestCardPulledTooSoon(t *testing.T) {
	ctx, s, c := openChip(t)
	f := walk.Birth(time.Now())
	toChip(ctx, t, s, c, f)
	must(t, s.Desk.Lay(ctx, desk.Lay{Chip: f.Card, After: midRead, Each: 20}))
	mood(ctx, t, c, "lifted")
	must(t, c.LayCard(ctx, f))
	got := filed(ctx, t, s, c, f)
	if got.Assurance != contract.AssuranceChipGenuine || got.Proof.Opened != "PACE-CAN" || len(got.Proof.Doubts) != 0 {
		t.Errorf("central knows the applicant by %s, %+v", got.Assurance, got.Proof)
	}
	quiet(t, s)
}

// Another person's card, opened by the code's number or not, is never taken for
// the applicant's; the right one is, in its place.
func TestCardOfAnotherPerson(t *testing.T) {
	ctx, s, c := openChip(t)
	f := walk.Birth(time.Now())
	toChip(ctx, t, s, c, f)
	must(t, s.Desk.Lay(ctx, desk.Lay{Chip: "card-7-no-old"}))
	mood(ctx, t, c, "differs")
	began := time.Now()
	must(t, s.Desk.Lay(ctx, desk.Lay{Chip: "card-stranger"}))
	mood(ctx, t, c, "locked")
	t.Logf("a number that does not open, from laying the card to the sentence: %v", time.Since(began))
	must(t, c.LayCard(ctx, f))
	if got := filed(ctx, t, s, c, f); got.Assurance != contract.AssuranceChipGenuine {
		t.Errorf("central knows the applicant by %s, %+v", got.Assurance, got.Proof)
	}
	quiet(t, s)
	log, err := s.KioskLog()
	must(t, err)
	for _, secret := range []string{"LẠ", "VÍ DỤ", "999998", "999999"} {
		if strings.Contains(strings.ToUpper(withoutTimes(log)), secret) {
			t.Errorf("the log names somebody whose card was laid down: %q", secret)
		}
	}
}

// withoutTimes leaves out the moments at the start of each line, whose digits are
// nobody's.
func withoutTimes(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		if _, rest, ok := strings.Cut(line, `","level"`); ok {
			line = rest
		}
		b.WriteString(line)
	}
	return b.String()
}

// A copy is for staff to look at; the visit goes on by the code, which is what
// central is told.
func TestCopiedCard(t *testing.T) {
	ctx, s, c := openChip(t)
	f := walk.Birth(time.Now())
	toChip(ctx, t, s, c, f)
	must(t, s.Desk.Lay(ctx, desk.Lay{Chip: "chip-copy"}))
	mood(ctx, t, c, "refused")
	_, err := c.Go(ctx, "skip", "papers")
	must(t, err)
	got := filed(ctx, t, s, c, f)
	if got.Assurance != contract.AssuranceQR || got.Proof.Opened != "" || !slices.Contains(got.Warnings, "chip.doubt.refused") {
		t.Errorf("central knows the applicant by %s, %+v, warnings %v", got.Assurance, got.Proof, got.Warnings)
	}
	quiet(t, s)
}

// A card reader that is unplugged holds up nobody, and the next visitor's card is
// read when it is back.
func TestCardReaderUnplugged(t *testing.T) {
	ctx, s, c := openChip(t)
	f := walk.Birth(time.Now())
	toChip(ctx, t, s, c, f)
	must(t, s.Desk.Lay(ctx, desk.Lay{Chip: f.Card, Each: 400}))
	mood(ctx, t, c, "reading")
	began := time.Now()
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Reader = false }))
	_, err := c.At(ctx, "papers")
	must(t, err)
	t.Logf("unplugged in mid-read to the visit going on: %v", time.Since(began))
	until(ctx, t, s, "the card reader missed", func(s hatch.Status) bool { return !peripheral(s, "reader") })
	byCode := f
	byCode.Chip = false
	if got := filed(ctx, t, s, c, byCode); got.Assurance != contract.AssuranceQR {
		t.Errorf("central knows the applicant by %s, %+v", got.Assurance, got.Proof)
	}
	must(t, c.Leave(ctx))
	began = time.Now()
	must(t, s.Desk.Put(ctx, func(h *desk.Hands) { h.Reader = true }))
	until(ctx, t, s, "the card reader back", func(s hatch.Status) bool { return peripheral(s, "reader") })
	t.Logf("back in use after %v", time.Since(began))
	must(t, c.Identify(ctx, walk.Filing{Procedure: f.Procedure, Card: "card-11", Chip: true}))
	quiet(t, s)
}

// A station without a card reader is as it always was: the code is enough.
func TestBirthWithoutCardReader(t *testing.T) {
	ctx, s, c := open(t, stage.Options{NoReader: true})
	f := walk.Birth(time.Now())
	f.Chip = false
	must(t, c.Identify(ctx, f))
	if got := filed(ctx, t, s, c, f); got.Assurance != contract.AssuranceQR || got.Proof.Opened != "" {
		t.Errorf("central knows the applicant by %s, %+v", got.Assurance, got.Proof)
	}
}
