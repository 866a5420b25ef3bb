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

	"motcua/cmd/workbench/walk"
	"motcua/kiosk/hatch"
)

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
	trap   *trap         // on the wire; nil = by the clock
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
	nth, wire := 1+r.IntN(c.most), &trap{reply: r.IntN(2) == 0, lost: r.IntN(2) == 0}
	switch n := r.IntN(4); {
	case b.at == starting && n == 0, b.at == accepting && n < 2:
		b.call, b.nth = c.name, nth
	case b.at == accepting && n == 2 && !b.alone:
		b.trap = wire
	}
	return b
}

// lateBlow is when a kiosk is killed by the clock where that never came at which it
// was to be.
const lateBlow = 10 * time.Second

// String names a blow in the tally.
func (b blow) String() string {
	switch {
	case b.call != "":
		return string(b.at) + " at " + b.call
	case b.trap != nil && b.trap.reply:
		return string(b.at) + " at central's answer"
	case b.trap != nil:
		return string(b.at) + " at a send"
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

// life is one of the kiosk, from its launch to its death.
type life struct {
	*booth
	blow
	armed     bool
	submitted bool // or about to
	promised  bool // the screen said that it is accepted
	screens   int
	late      bool // what was waited for never came, or nobody could wait for it
	strikes   sync.WaitGroup
}

// how names the blow as it fell.
func (l *life) how() string {
	if l.late {
		return string(l.at) + " later by the clock"
	}
	return l.blow.String()
}

// arm lays the trap, if there is one, and winds the clock.
func (l *life) arm(ctx context.Context) error {
	if l.armed {
		return nil
	}
	l.armed = true
	after := l.after
	if l.call != "" {
		switch laid, err := l.lay(ctx); {
		case err != nil:
			return err
		case laid:
			after = lateBlow
		}
	}
	ended, caught := l.stage.KioskEnded(), make(chan struct{})
	if l.trap != nil {
		after = lateBlow
		l.trap.shut = func() {
			close(caught)
			<-ended
		}
		l.weather.lay(l.trap)
	}
	l.strikes.Go(func() {
		select {
		case <-ended:
			return
		case <-caught:
		case <-time.After(after):
			l.late = l.call != "" || l.trap != nil
		}
		_ = l.stage.KillKiosk() // which waits; how it ended is looked at
	})
	return nil
}

// lay has strace attached to the kiosk, to kill it at a system call; false: it is
// not there, or may not.
func (l *life) lay(ctx context.Context) (bool, error) {
	if l.strace == "" {
		return false, nil
	}
	tracer := exec.CommandContext(ctx, l.strace, "-f", "-o", "/dev/null", "-p", strconv.Itoa(l.stage.KioskPID()),
		"-e", "trace="+l.call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", l.call, l.nth))
	said, err := tracer.StderrPipe()
	if err != nil {
		return false, err
	}
	if err := tracer.Start(); err != nil {
		return false, err
	}
	lines := bufio.NewScanner(said)
	attached := lines.Scan() && strings.Contains(lines.Text(), " attached")
	l.strikes.Go(func() {
		for lines.Scan() {
		}
		_ = tracer.Wait() // it ends with the kiosk
	})
	return attached, nil
}

// wait returns once the kiosk is dead and nothing is left of the blow.
func (l *life) wait() {
	if !l.armed {
		_ = l.stage.KillKiosk() // the visit went wrong, and is told of
	}
	<-l.stage.KioskEnded()
	l.strikes.Wait()
	l.weather.lay(nil)
}

// visit is what somebody does before the kiosk until that is dead.
func (l *life) visit(ctx context.Context) error {
	if l.at == starting {
		if err := l.arm(ctx); err != nil {
			return err
		}
		<-l.stage.KioskEnded()
		return errKilled
	}
	if err := l.stage.AwaitScreen(ctx); err != nil {
		return err
	}
	if err := l.stage.AwaitUnits(ctx); err != nil {
		return err
	}
	err := l.file(ctx)
	if err == nil {
		return errors.New("the visitor is gone and the kiosk alive")
	}
	if _, alive := l.stage.Hatch.Screen(ctx, 0); alive == nil {
		return err
	}
	if !l.armed {
		return fmt.Errorf("nobody killed it: %w", err)
	}
	return errKilled
}

// file goes through a visit, and stays before the kiosk until that is dead.
func (l *life) file(ctx context.Context) error {
	c, f := &walk.Citizen{Stage: l.stage}, copies()
	c.Look = func(ctx context.Context, s hatch.Screen) error {
		l.screens++
		if l.at == visited && l.screens >= l.screen {
			return l.arm(ctx)
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
			l.agreed++
			l.submitted = true
			if l.at == accepting {
				return l.arm(ctx)
			}
		case l.at == accepted:
			return l.arm(ctx)
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
	l.promised = true
	l.hear(done)
	if l.at == leaving {
		if _, err := l.stage.Desk.NextSlip(ctx, before); err != nil {
			return err
		}
		if err := l.arm(ctx); err != nil {
			return err
		}
		if err := c.Leave(ctx); err != nil {
			return err
		}
	}
	for {
		s, err := l.stage.Hatch.Screen(ctx, c.Last().Seq)
		if err != nil {
			return err
		}
		l.hear(s)
		if _, err := c.Now(ctx); err != nil {
			return err
		}
	}
}

// hear notes the code that the screen gives for what is accepted; it comes when
// central has answered, or has not for long enough.
func (l *life) hear(s hatch.Screen) {
	if (s.Screen == "done" || s.Screen == "noprint") && s.Code != "" {
		l.codes[s.Code] = true
	}
}
