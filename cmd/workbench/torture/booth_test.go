package torture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/proof"
	"motcua/cmd/workbench/stage"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
)

// booth is a station with its window, and what was seen of it from outside.
type booth struct {
	stage   *stage.Stage
	weather *weather
	seed    uint64
	strace  string // "" = not there

	agreed int                     // visitors who touched "submit"
	told   int                     // visitors who were told that it is accepted
	codes  map[string]bool         // that the screen then gave them
	claims map[string]string       // codes of what is in the outbox → id
	stored map[string]string       // id → SHA-256 of what the outbox holds
	states map[string]outbox.State // id → as last seen
	first  map[string]int64        // id → the slip that looks like the first receipt
	again  map[string]bool         // ids with a receipt that is marked as printed again
	marked int                     // slips that are
	owed   []string                // ids whose receipt was owed when the kiosk was last killed
	slip   int64                   // the last one that was looked at
	kills  map[string]int          // by phase and means
	wrong  []string                // what was seen and may not be
}

// phase is what a kiosk is doing when it is killed.
type phase string

const (
	starting  phase = "starting"  // from its launch on: opens, migrates, pays what is owed, sends
	visited   phase = "visited"   // somewhere between the first touch and the consent
	accepting phase = "accepting" // from the touch that submits: seals, keeps, prints, sends, marks
	accepted  phase = "accepted"  // from the page that says so
	leaving   phase = "leaving"   // the receipt is out, and the visitor goes
)

// blow is how a life ends.
type blow struct {
	at     phase
	screen int           // of a visit, before which nothing happens
	after  time.Duration // by the clock, from then on
	call   string        // at the entry of a system call; "" = by the clock
	nth    int           // of the thread that makes it
	alone  bool          // central is dead meanwhile
}

// blowOf chooses how a life ends: most of them between the consent and the end of
// the delivery.
func blowOf(r *rand.Rand) blow {
	upTo := func(d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
	b := blow{alone: r.IntN(8) == 0}
	switch n := r.IntN(100); {
	case n < 20:
		b.at, b.after = starting, upTo(time.Second)
		if r.IntN(3) == 0 {
			b.after = upTo(4 * time.Second)
		}
	case n < 30:
		b.at, b.screen, b.after = visited, 1+r.IntN(10), upTo(300*time.Millisecond)
	case n < 75:
		b.at, b.after = accepting, upTo(1200*time.Millisecond)
	case n < 88:
		b.at, b.after = accepted, upTo(2*time.Second)
	default:
		b.at, b.after = leaving, upTo(time.Second)
	}
	calls := []struct {
		name string
		most int
	}{{"fsync", 4}, {"pwrite64", 10}, {"write", 24}}
	c := calls[r.IntN(len(calls))]
	if nth := 1 + r.IntN(c.most); b.at == starting && r.IntN(3) == 0 || b.at == accepting && r.IntN(2) == 0 {
		b.call, b.nth = c.name, nth
	}
	return b
}

// lateBlow is when a kiosk is killed by the clock where the call never came at
// which it was to be.
const lateBlow = 10 * time.Second

// String names a blow in the tally.
func (b blow) String() string {
	if b.call != "" {
		return string(b.at) + " at " + b.call
	}
	return string(b.at) + " by the clock"
}

// errKilled ends a visit.
var errKilled = errors.New("the kiosk was killed")

// copies is what a visitor files: the procedure with the fewest questions.
func copies() walk.Filing {
	return walk.Filing{Procedure: "2.000815", Card: "card-11", Answers: map[string]string{
		"y_paper": "ho-tich", "y_foreign": "no", "y_pages": "3", "y_copies": "2", "a_phone": "0912345678",
	}}
}

// live starts the kiosk, lets somebody use it, and kills it.
func (b *booth) live(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	how := blowOf(rand.New(rand.NewPCG(b.seed, uint64(i))))
	if how.alone {
		if err := b.stage.KillCentral(); err != nil {
			return err
		}
	}
	if err := b.stage.LaunchKiosk(); err != nil {
		return err
	}
	a := &assassin{booth: b, blow: how}
	err := a.visit(ctx)
	a.wait()
	if !errors.Is(err, errKilled) {
		return fmt.Errorf("%v: %w", how, err)
	}
	if !b.stage.KioskFell() {
		return fmt.Errorf("%v: the kiosk ended by itself", how)
	}
	b.kills[a.how()]++
	if how.alone {
		if err := b.stage.StartCentral(ctx); err != nil {
			return err
		}
	}
	before := len(b.stored)
	if err := b.look(ctx); err != nil {
		return err
	}
	switch n := len(b.stored) - before; {
	case a.promised && n == 0:
		return fmt.Errorf("%v: the screen said that it is accepted, and it is not in the outbox", how)
	case n > 1, n == 1 && !a.submitted:
		return fmt.Errorf("%v: %d more are in the outbox after one visit", how, n)
	}
	if a.promised {
		b.told++
	}
	if err := b.collect(ctx); err != nil {
		return err
	}
	b.owed, err = b.unprinted()
	return err
}

// assassin ends one life.
type assassin struct {
	*booth
	blow
	armed     bool
	submitted bool // or about to
	promised  bool // the screen said that it is accepted
	screens   int
	late      bool // the call never came, or nobody could wait for it
	strikes   sync.WaitGroup
}

// how names the blow as it fell.
func (a *assassin) how() string {
	if a.late {
		return string(a.at) + " later by the clock"
	}
	return a.blow.String()
}

// arm lays the trap, if there is one, and winds the clock.
func (a *assassin) arm(ctx context.Context) error {
	if a.armed {
		return nil
	}
	a.armed = true
	after := a.after
	if a.call != "" {
		switch laid, err := a.lay(ctx); {
		case err != nil:
			return err
		case laid:
			after = lateBlow
		}
	}
	ended := a.stage.KioskEnded()
	a.strikes.Go(func() {
		select {
		case <-ended:
		case <-time.After(after):
			a.late = a.call != ""
			_ = a.stage.KillKiosk() // which waits; how it ended is looked at
		}
	})
	return nil
}

// lay has strace attached to the kiosk, to kill it at a system call; false: it is
// not there, or may not.
func (a *assassin) lay(ctx context.Context) (bool, error) {
	if a.strace == "" {
		return false, nil
	}
	trap := exec.CommandContext(ctx, a.strace, "-f", "-o", "/dev/null", "-p", strconv.Itoa(a.stage.KioskPID()),
		"-e", "trace="+a.call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", a.call, a.nth))
	said, err := trap.StderrPipe()
	if err != nil {
		return false, err
	}
	if err := trap.Start(); err != nil {
		return false, err
	}
	lines := bufio.NewScanner(said)
	attached := lines.Scan() && strings.Contains(lines.Text(), " attached")
	a.strikes.Go(func() {
		for lines.Scan() {
		}
		_ = trap.Wait() // it ends with the kiosk
	})
	return attached, nil
}

// wait returns once the kiosk is dead and nothing is left of the blow.
func (a *assassin) wait() {
	if !a.armed {
		_ = a.stage.KillKiosk() // the visit went wrong, and is told of
	}
	<-a.stage.KioskEnded()
	a.strikes.Wait()
}

// visit is what somebody does before the kiosk until that is dead.
func (a *assassin) visit(ctx context.Context) error {
	if a.at == starting {
		if err := a.arm(ctx); err != nil {
			return err
		}
		<-a.stage.KioskEnded()
		return errKilled
	}
	if err := a.stage.AwaitScreen(ctx); err != nil {
		return err
	}
	if err := a.stage.AwaitUnits(ctx); err != nil {
		return err
	}
	err := a.file(ctx)
	if err == nil {
		return errors.New("the visitor is gone and the kiosk alive")
	}
	if _, alive := a.stage.Hatch.Screen(ctx, 0); alive == nil {
		return err
	}
	if !a.armed {
		return fmt.Errorf("nobody killed it: %w", err)
	}
	return errKilled
}

// file goes through a visit, and stays before the kiosk until that is dead.
func (a *assassin) file(ctx context.Context) error {
	c, f := &walk.Citizen{Stage: a.stage}, copies()
	c.Look = func(ctx context.Context, s hatch.Screen) error {
		a.screens++
		if a.at == visited && a.screens >= a.screen {
			return a.arm(ctx)
		}
		return nil
	}
	if err := c.Identify(ctx, f); err != nil {
		return err
	}
	if _, err := c.Fill(ctx, f); err != nil {
		return err
	}
	c.Look = func(ctx context.Context, s hatch.Screen) error { // before "submit", and on the page after it
		switch {
		case s.Screen == "review":
			a.agreed++
			a.submitted = true
			if a.at == accepting {
				return a.arm(ctx)
			}
		case a.at == accepted:
			return a.arm(ctx)
		}
		return nil
	}
	before := time.Now().UnixMicro()
	done, err := c.Submit(ctx)
	if err != nil {
		return err
	}
	if done.Screen == "notkept" {
		return errors.New("the kiosk could not keep it")
	}
	a.promised = true
	a.hear(done)
	if a.at == leaving {
		if _, err := a.stage.Desk.NextSlip(ctx, before); err != nil {
			return err
		}
		if err := a.arm(ctx); err != nil {
			return err
		}
		if err := c.Leave(ctx); err != nil {
			return err
		}
	}
	for {
		s, err := a.stage.Hatch.Screen(ctx, c.Last().Seq)
		if err != nil {
			return err
		}
		a.hear(s)
		if _, err := c.Now(ctx); err != nil {
			return err
		}
	}
}

// hear notes the code that the screen gives for what is accepted; it comes when
// central has answered, or has not for long enough.
func (a *assassin) hear(s hatch.Screen) {
	if (s.Screen == "done" || s.Screen == "noprint") && s.Code != "" {
		a.codes[s.Code] = true
	}
}

// collect looks at the slips that fell into the tray since it last did.
func (b *booth) collect(ctx context.Context) error {
	state, err := b.stage.Desk.State(ctx)
	if err != nil {
		return err
	}
	for _, s := range state.Slips {
		if s.ID <= b.slip {
			continue
		}
		b.slip = s.ID
		if err := b.read(ctx, s.ID); err != nil {
			return fmt.Errorf("slip %d: %w", s.ID, err)
		}
	}
	return nil
}

// read looks at one piece of paper. A receipt of the first kind carries its
// submission's code for the look-up, which nobody knows after the visit; one that
// was printed again after a crash carries the code to read out, and its mark.
func (b *booth) read(ctx context.Context, slip int64) error {
	paper, err := b.stage.Desk.SlipPicture(ctx, slip)
	if err != nil {
		return err
	}
	marked, err := proof.Marked(paper)
	if err != nil {
		return err
	}
	if marked {
		b.marked++
		for _, id := range b.owed {
			for code, of := range b.claims {
				if of == id && proof.Printed(paper, code) == nil {
					b.again[id] = true
				}
			}
		}
	}
	id, _, err := proof.LookUp(paper)
	switch {
	case errors.Is(err, desk.ErrNoCode):
		return nil
	case err != nil:
		return err
	case !marked && b.first[id] != 0:
		b.wrong = append(b.wrong, fmt.Sprintf("%s has two receipts that look like the first, slips %d and %d", id, b.first[id], slip))
	case !marked:
		b.first[id] = slip
	}
	return nil
}

func findStrace() string {
	path, err := exec.LookPath("strace")
	if err != nil {
		return ""
	}
	return path
}
