package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// show is one scripted visit and what it leaves behind.
type show struct {
	stage   *stage.Stage
	out     string
	seen    []string // the screens passed, in order
	summary []string
}

// scripted shows a visit that registers a birth, online, and checks all that
// came of it.
func (c *demoCmd) scripted(ctx context.Context, o stage.Options) (err error) {
	start := time.Now()
	if err := sweep(c.Out); err != nil {
		return err
	}
	s, err := stage.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sh := &show{stage: s, out: c.Out}
	if err := sh.play(ctx, start); err != nil {
		return errors.Join(err, sh.lastLook(ctx))
	}
	text := strings.Join(sh.summary, "\n") + "\n"
	fmt.Print(text)
	return os.WriteFile(filepath.Join(c.Out, "summary.txt"), []byte(text), 0o644)
}

// sweep makes the folder and takes away what an earlier show left in it.
func sweep(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"*.png", "receipt.bin", "voice.wav", "submission.json", "summary.txt"} {
		old, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range old {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell adds a line to the summary.
func (s *show) tell(what, format string, args ...any) {
	s.summary = append(s.summary, fmt.Sprintf("%-12s ", what)+fmt.Sprintf(format, args...))
}

func (s *show) play(ctx context.Context, start time.Time) error {
	f := walk.Birth(start)
	f.Chip = s.stage.Chipless == ""
	up := time.Since(start)
	citizen := &walk.Citizen{Stage: s.stage, Look: s.look}
	if err := citizen.Identify(ctx, f); err != nil {
		return err
	}
	asked, err := citizen.Fill(ctx, f)
	if err != nil {
		return err
	}
	done, err := citizen.Submit(ctx)
	if err != nil {
		return err
	}
	if done.Screen != "done" {
		return fmt.Errorf("the visit ended on %s, want done", done.Screen)
	}
	slip, err := s.stage.Desk.NextSlip(ctx, 0)
	if err != nil {
		return err
	}
	taken, err := citizen.Until(ctx, "the receipt to be handed over", func(n hatch.Screen) bool { return n.Seq > done.Seq })
	if err != nil {
		return err
	}
	if err := s.look(ctx, taken); err != nil {
		return err
	}
	if err := citizen.Leave(ctx); err != nil {
		return err
	}
	if err := s.look(ctx, citizen.Last()); err != nil {
		return err
	}
	s.tell("visit", "%d screens in %.1f s, from attract to attract; up in %.1f s", len(s.seen), time.Since(start.Add(up)).Seconds(), up.Seconds())
	if f.Chip {
		s.tell("card", "code under the scanner, card on the reader: chip read through pcscd and proven")
	} else {
		s.tell("card", "code under the scanner alone: %s", s.stage.Chipless)
	}
	s.tell("procedure", "%s, %d questions answered by touch on the screen's own keyboard", f.Procedure, len(asked))

	paper, err := s.paper(ctx, slip.ID)
	if err != nil {
		return err
	}
	id, secret, err := proof.LookUp(paper)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	record, err := s.arrived(ctx, id)
	if err != nil {
		return err
	}
	doc, raw, err := s.stage.Central.Submission(ctx, id)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.out, "submission.json"), raw, 0o644); err != nil {
		return err
	}
	if err := proof.Submission(doc, f, asked, start); err != nil {
		return fmt.Errorf("submission: %w", err)
	}
	if doc.Secret != secret {
		return errors.New("receipt: the look-up's secret is not the submission's")
	}
	s.tell("submission", "%s, %d bytes, signature and seal verified by central", id, len(raw))
	s.tell("answers", "%d of %d as touched; applicant as on the card, assurance %s", len(asked), len(asked), doc.Applicant.Assurance)
	if f.Chip {
		s.tell("proof", "opened by %s, signed by %s, without a doubt", doc.Applicant.Proof.Opened, doc.Applicant.Proof.Signed)
	}
	s.tell("receipt", "%.0f mm of paper; its QR code reads back to this submission", slip.MM)
	s.tell("dossier", "%s opened by central, the same on the receipt", record.Dossier)
	if err := proof.Receipt(paper, record.Claim, record.Dossier); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if err := s.voice(ctx); err != nil {
		return err
	}
	if err := s.left(ctx); err != nil {
		return err
	}
	s.tell("files", "%s: %d pictures, receipt.bin, receipt.png, voice.wav, submission.json", s.out, len(s.seen))
	s.tell("took", "%.1f s", time.Since(start).Seconds())
	return nil
}

// look takes a picture of a screen, numbered and named.
func (s *show) look(ctx context.Context, shown hatch.Screen) error {
	img, err := s.stage.Picture(ctx, shown)
	if err != nil {
		return err
	}
	name := shown.Screen
	if shown.Screen == "question" || shown.Screen == "chip" {
		name += "-" + shown.Step
	}
	s.seen = append(s.seen, name)
	return writePNG(filepath.Join(s.out, fmt.Sprintf("%02d-%s.png", len(s.seen), name)), img)
}

// lastLook keeps a picture of the screen on which the show failed.
func (s *show) lastLook(ctx context.Context) error {
	shown, err := s.stage.Hatch.Screen(ctx, 0)
	if err != nil {
		return err
	}
	img, err := s.stage.Picture(ctx, shown)
	if err != nil {
		return err
	}
	return writePNG(filepath.Join(s.out, "failed.png"), img)
}

// paper keeps the receipt, as bytes and as paper.
func (s *show) paper(ctx context.Context, slip int64) (image.Image, error) {
	raw, err := s.stage.Desk.SlipBytes(ctx, slip)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(s.out, "receipt.bin"), raw, 0o644); err != nil {
		return nil, err
	}
	img, err := s.stage.Desk.SlipPicture(ctx, slip)
	if err != nil {
		return nil, err
	}
	return img, writePNG(filepath.Join(s.out, "receipt.png"), img)
}

// arrived finds the submission at central: that one and no other.
func (s *show) arrived(ctx context.Context, id string) (stage.Record, error) {
	if err := s.stage.AwaitDelivery(ctx); err != nil {
		return stage.Record{}, err
	}
	all, err := s.stage.Central.Records(ctx)
	if err != nil {
		return stage.Record{}, err
	}
	if len(all) != 1 || all[0].ID != id || all[0].Dossier == "" {
		return stage.Record{}, fmt.Errorf("central holds %+v, want %s with its dossier and nothing else", all, id)
	}
	return all[0], nil
}

// voice keeps what was heard.
func (s *show) voice(ctx context.Context) error {
	recording, err := s.stage.Desk.Voice(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.out, "voice.wav"), recording, 0o644); err != nil {
		return err
	}
	sound, err := proof.Listen(recording)
	if err != nil {
		return err
	}
	s.tell("voice", "%.1f s heard, peak %.1f dB", sound.Length.Seconds(), sound.Peak)
	return sound.Audible()
}

// left holds that nothing waits at the station any more and nobody has to come.
func (s *show) left(ctx context.Context) error {
	status, err := s.stage.Hatch.Status(ctx)
	if err != nil {
		return err
	}
	for _, p := range status.Peripherals {
		if !p.Fine {
			return fmt.Errorf("%s is %s after the visit: %s", p.Name, p.State, p.Problem)
		}
	}
	if status.Outbox.Waiting != 0 || status.Outbox.Refused != 0 {
		return fmt.Errorf("the outbox holds %d waiting and %d refused", status.Outbox.Waiting, status.Outbox.Refused)
	}
	s.tell("station", "outbox empty, %d peripherals fine, screen back to %s", len(status.Peripherals), status.Screen)
	return nil
}

func writePNG(path string, img image.Image) error {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&b, img); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
