package serial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"motcua/devices"
)

// Trigger is what makes a unit read.
type Trigger string

// The triggers.
const (
	AsSet        Trigger = ""             // however the unit is set; nothing is sent
	Presentation Trigger = "presentation" // a code that is shown to it
	Host         Trigger = "host"         // our word, while somebody waits in Next
)

// Answer is what a unit said to the commands of its Trigger.
type Answer int

// The answers. A unit that is silent may have obeyed all the same: many have their
// answers switched off.
const (
	NotAsked Answer = iota // nothing was sent that it would answer
	Silent                 // it has not answered, or not yet
	Obeyed                 // it said yes
)

var answers = [...]string{"not asked", "silent", "obeyed"}

// String gives the word for support tools.
func (a Answer) String() string { return answers[a] }

var errNak = errors.New("it said no to a command: choose the profile of its make, or none")

// Answer tells what the unit said to the commands of its Trigger so far.
func (s *Scanner) Answer() Answer { return Answer(s.answer.Load()) }

// commands gives what sets the unit up for its Trigger.
func (o Options) commands() ([]Command, error) {
	switch o.Trigger {
	case AsSet:
		return nil, nil
	case Presentation:
		return o.Profile.Presentation, nil
	case Host:
		if len(o.Profile.On.Send) == 0 {
			return nil, fmt.Errorf("the profile %q knows no command to make the unit read", o.Profile.Name)
		}
		return o.Profile.Host, nil
	}
	return nil, fmt.Errorf("no trigger is called %q: %s or %s", o.Trigger, Presentation, Host)
}

// setUp sends the commands of the Trigger, each when the one before was answered.
func (s *Scanner) setUp(ctx context.Context) error {
	commands, err := s.opts.commands()
	if err != nil {
		return devices.Fail(s.opts.Unit, "open", devices.ErrRefused, err)
	}
	for _, c := range commands {
		if err := s.send(ctx, c); err != nil {
			return err
		}
		if err := s.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// send sends a command, and notes what is to come of it.
func (s *Scanner) send(ctx context.Context, c Command) error {
	if len(c.Send) == 0 {
		return nil
	}
	if _, err := s.line.Write(ctx, c.Send); err != nil {
		return err
	}
	if len(c.Ack) > 0 {
		s.answer.CompareAndSwap(int32(NotAsked), int32(Silent))
		if s.owed = append(s.owed, c); len(s.owed) > owedMost {
			s.owed = slices.Delete(s.owed, 0, 1)
		}
	}
	return nil
}

// owedMost is how many answers are still expected of a unit that gives none.
const owedMost = 8

// await waits for the answers that are owed, as long as the unit may take. What
// else comes stays for Next.
func (s *Scanner) await(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, time.Duration(s.opts.Profile.Patience)*time.Millisecond)
	defer cancel()
	for len(s.owed) > 0 && len(s.rest) < len(s.buf) {
		n, err := s.line.Read(wait, s.buf[len(s.rest):])
		if err != nil && wait.Err() != nil && errors.Is(err, wait.Err()) && ctx.Err() == nil {
			return nil // silent, or slow: the answer will be known when it comes
		}
		if err != nil {
			return err
		}
		s.rest, s.at = s.buf[:len(s.rest)+n], time.Now()
		if s.rest, err = s.settle(s.rest); err != nil {
			return err
		}
	}
	return nil
}

// settle takes the answers that are owed out of what came. They may stand anywhere:
// a unit with no end behind its codes may answer right behind one.
func (s *Scanner) settle(came []byte) ([]byte, error) {
	cut := func(answer Bytes) bool {
		at := bytes.Index(came, answer)
		if at >= 0 {
			came = slices.Delete(came, at, at+len(answer)) // clears what is left over
		}
		return at >= 0
	}
	for i := 0; i < len(s.owed); {
		switch c := s.owed[i]; {
		case cut(c.Ack):
			s.answer.Store(int32(Obeyed))
		case cut(c.Nak):
			s.owed = slices.Delete(s.owed, i, i+1)
			return came, devices.Fail(s.opts.Unit, "set trigger", devices.ErrRefused, errNak)
		default:
			i++
			continue
		}
		s.owed = slices.Delete(s.owed, i, i+1)
	}
	return came, nil
}

// pull makes a unit in Host mode read, again after some seconds.
func (s *Scanner) pull(ctx context.Context) error {
	if s.opts.Trigger != Host || time.Since(s.pulled) < s.every() && !s.pulled.IsZero() {
		return nil
	}
	s.pulled = time.Now()
	return s.send(ctx, s.opts.Profile.On)
}

func (s *Scanner) every() time.Duration {
	return time.Duration(s.opts.Profile.Every) * time.Millisecond
}

// letGo stops a unit in Host mode. It has a moment for it, as ctx may have ended.
func (s *Scanner) letGo(ctx context.Context) {
	if s.opts.Trigger != Host || s.pulled.IsZero() {
		return
	}
	s.pulled = time.Time{}
	moment, cancel := context.WithTimeout(context.WithoutCancel(ctx), 200*time.Millisecond)
	defer cancel()
	_ = s.send(moment, s.opts.Profile.Off) // a unit that is gone will say so when it is read
}
