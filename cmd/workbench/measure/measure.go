// Package measure measures a station that runs, by touching it as a citizen
// does, and holds the figures against their bars.
package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"motcua/cmd/workbench/cable"
	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

// Row is one figure. OK tells that it is not over its bar.
type Row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Bar   float64 `json:"bar"`
	OK    bool    `json:"ok"`
}

// patience bounds one wait.
const patience = 40 * time.Second

// bench is a station under measurement.
type bench struct {
	stage   *stage.Stage
	citizen *walk.Citizen
	rows    []Row
}

// Station measures a station that was just put on, with the network up and
// nobody there. It takes about a minute and leaves it as it was.
func Station(ctx context.Context, s *stage.Stage) ([]Row, error) {
	b := &bench{stage: s, citizen: &walk.Citizen{Stage: s}}
	for _, measure := range []func(context.Context) error{
		b.coldStart, b.idle, b.voice, b.unplug, b.paperOut, b.card, b.touches, b.offline,
	} {
		if err := measure(ctx); err != nil {
			return b.rows, err
		}
	}
	return b.rows, nil
}

// row adds a figure.
func (b *bench) row(name string, value float64, unit string, bar float64) {
	b.rows = append(b.rows, Row{name, value, unit, bar, value <= bar})
}

func (b *bench) seconds(name string, d time.Duration, bar time.Duration) {
	b.row(name, d.Seconds(), "s", bar.Seconds())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// coldStart starts the kiosk anew.
func (b *bench) coldStart(ctx context.Context) error {
	if err := b.stage.KillKiosk(); err != nil {
		return err
	}
	start := time.Now()
	if err := b.stage.StartKiosk(ctx); err != nil {
		return err
	}
	b.seconds("cold start to first frame", time.Since(start), 2*time.Second)
	return b.stage.AwaitUnits(ctx)
}

// idle measures the attract screen's share of one core.
func (b *bench) idle(ctx context.Context) error {
	const settled, span = 5 * time.Second, 30 * time.Second // past the start, and a step of the gate's light in it
	select {
	case <-time.After(settled):
	case <-ctx.Done():
		return ctx.Err()
	}
	before, err := b.stage.KioskCPU()
	if err != nil {
		return err
	}
	select {
	case <-time.After(span):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := b.stage.KioskCPU()
	if err != nil {
		return err
	}
	b.row("idle CPU on the attract screen", 100*(after-before).Seconds()/span.Seconds(), "% of one core", 2)
	return nil
}

// voice measures from a screen to its prompt, and from leaving it to silence.
func (b *bench) voice(ctx context.Context) error {
	began := time.Now()
	if _, err := b.citizen.Go(ctx, "start", "home"); err != nil {
		return err
	}
	run, err := b.heard(ctx, func(h desk.Heard) bool { return h.At.After(began) && h.Seconds > 0.5 })
	if err != nil {
		return err
	}
	sound, err := b.stage.Desk.VoiceRun(ctx, run.N)
	if err != nil {
		return err
	}
	lead, err := proof.Silence(sound)
	if err != nil {
		return err
	}
	b.row("prompt starts after the touch that changes the screen", ms(run.At.Add(lead).Sub(began)), "ms", 300)
	touched := time.Now()
	if _, err := b.citizen.Go(ctx, "end", "attract"); err != nil {
		return err
	}
	left := time.Now()
	// What was heard by a second later is all: the cut-off is far shorter.
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	run, err = b.heard(ctx, func(h desk.Heard) bool { return h.At.After(began) })
	if err != nil {
		return err
	}
	end := run.At.Add(time.Duration(run.Seconds * float64(time.Second)))
	b.row("prompt stops after the next screen is shown ("+end.Sub(touched).Round(time.Millisecond).String()+" after the touch)",
		max(0, ms(end.Sub(left))), "ms", 100)
	return nil
}

// heard waits for the last run of sound to be as wanted.
func (b *bench) heard(ctx context.Context, wanted func(desk.Heard) bool) (run desk.Heard, err error) {
	return run, poll(ctx, "sound", func(ctx context.Context) (bool, error) {
		s, err := b.stage.Desk.State(ctx)
		if err != nil || len(s.Heard) == 0 {
			return false, err
		}
		run = s.Heard[len(s.Heard)-1]
		return wanted(run), nil
	})
}

// unplug pulls the scanner, and then the card reader if there is one, and puts
// each back.
func (b *bench) unplug(ctx context.Context) error {
	for _, unit := range []struct {
		name string
		hand func(*desk.Hands, bool)
	}{
		{"scanner", func(h *desk.Hands, in bool) { h.Scanner = in }},
		{"reader", func(h *desk.Hands, in bool) { h.Reader = in }},
	} {
		if unit.name == "reader" && b.stage.Chipless != "" {
			continue
		}
		for _, step := range []struct {
			name string
			in   bool
			bar  time.Duration
		}{{"unplugging noticed", false, 2 * time.Second}, {"back in use after plugging in", true, 5 * time.Second}} {
			start := time.Now()
			if err := b.stage.Desk.Put(ctx, func(h *desk.Hands) { unit.hand(h, step.in) }); err != nil {
				return err
			}
			what := unit.name + " " + step.name
			if err := b.status(ctx, what, func(s hatch.Status) bool { return fine(s, unit.name) == step.in }); err != nil {
				return err
			}
			b.seconds(what, time.Since(start), step.bar)
		}
	}
	return nil
}

// paperOut takes the paper away and puts a roll in.
func (b *bench) paperOut(ctx context.Context) error {
	start := time.Now()
	if err := b.stage.Desk.Put(ctx, func(h *desk.Hands) { h.Paper = desk.Out }); err != nil {
		return err
	}
	if err := b.status(ctx, "paper out", func(s hatch.Status) bool { return !fine(s, "printer") }); err != nil {
		return err
	}
	b.seconds("paper out shown", time.Since(start), time.Second)
	if err := b.stage.Desk.Put(ctx, func(h *desk.Hands) { h.Paper = desk.Full }); err != nil {
		return err
	}
	return b.status(ctx, "paper in", func(s hatch.Status) bool { return fine(s, "printer") })
}

// touches types on the screen's keyboard: each key draws a frame.
func (b *bench) touches(ctx context.Context) error {
	f := walk.Birth(time.Now())
	if err := b.citizen.ToProcedures(ctx); err != nil {
		return err
	}
	if _, err := b.citizen.Go(ctx, "search", "search"); err != nil {
		return err
	}
	const touches = 200
	took := make([]time.Duration, 0, touches)
	shown, err := b.citizen.Now(ctx)
	if err != nil {
		return err
	}
	for i := range touches {
		key, ok := shown.Find([]string{"key:k", "key:delete"}[i%2])
		if !ok {
			return fmt.Errorf("touches: %w: %s", walk.ErrNotThere, walk.Describe(shown))
		}
		start := time.Now()
		if err := b.stage.Touch(shown, key); err != nil {
			return err
		}
		wait, cancel := context.WithTimeout(ctx, patience)
		shown, err = b.stage.Hatch.Screen(wait, shown.Seq)
		cancel()
		if err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.row("touch to next frame drawn, p99 (p50 "+took[touches/2].Round(time.Millisecond).String()+")", ms(took[touches*99/100-1]), "ms", 100)
	if _, err := b.citizen.Go(ctx, "back", "procedures"); err != nil {
		return err
	}
	if err := b.citizen.Choose(ctx, f.Procedure, "identify"); err != nil {
		return err
	}
	return b.citizen.ShowCard(ctx, f)
}

// offline goes on to submit with the network cut, then mends it.
func (b *bench) offline(ctx context.Context) error {
	if err := b.stage.Desk.Cable(ctx, cable.Cut); err != nil {
		return err
	}
	if _, err := b.citizen.Fill(ctx, walk.Birth(time.Now())); err != nil {
		return err
	}
	if err := b.citizen.Find(ctx, "consent"); err != nil {
		return err
	}
	if _, err := b.citizen.Press(ctx, "consent"); err != nil {
		return err
	}
	start := time.Now()
	if err := b.citizen.Touch(ctx, "submit"); err != nil {
		return err
	}
	slip, err := b.stage.Desk.NextSlip(ctx, start.UnixMicro())
	if err != nil {
		return err
	}
	b.seconds("consent touched to stored and receipt complete, network cut", slip.At.Sub(start), time.Second)
	if _, err := b.citizen.At(ctx, "done"); err != nil {
		return err
	}
	if err := b.citizen.Leave(ctx); err != nil {
		return err
	}
	start = time.Now()
	if err := b.stage.Desk.Cable(ctx, cable.Pass); err != nil {
		return err
	}
	if err := b.status(ctx, "delivery", func(s hatch.Status) bool { return s.Outbox.Waiting == 0 }); err != nil {
		return err
	}
	b.seconds("first delivery after the network returns", time.Since(start), 10*time.Second)
	return nil
}

func (b *bench) status(ctx context.Context, what string, wanted func(hatch.Status) bool) error {
	return poll(ctx, what, func(ctx context.Context) (bool, error) {
		s, err := b.stage.Hatch.Status(ctx)
		return err == nil && wanted(s), err
	})
}

func fine(s hatch.Status, name string) bool {
	i := slices.IndexFunc(s.Peripherals, func(p hatch.Peripheral) bool { return p.Name == name })
	return i >= 0 && s.Peripherals[i].Fine
}

// poll asks every 5 ms until it is so.
func poll(ctx context.Context, what string, ask func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := ask(ctx); yes || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

// ErrOver: a figure is over its bar.
var ErrOver = errors.New("over the bar")

// Print prints the rows with their bars, and fails with ErrOver if one is over.
func Print(w io.Writer, rows []Row) error {
	over := 0
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		word := "ok"
		if !r.OK {
			word = "OVER"
			over++
		}
		fmt.Fprintf(t, "%s\t%.3g %s\t≤ %g\t%s\n", r.Name, r.Value, r.Unit, r.Bar, word)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if over > 0 {
		return fmt.Errorf("%d of %d figures: %w", over, len(rows), ErrOver)
	}
	return nil
}

// JSON gives the rows as a file of their own.
func JSON(rows []Row) ([]byte, error) {
	b, err := json.MarshalIndent(rows, "", "  ")
	return append(b, '\n'), err
}
