// Package walk is a citizen in front of the kiosk: reads what can be touched,
// touches it, types Vietnamese on the screen's own keyboard, answers the
// questions of a procedure and looks at every screen on the way.
package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"motcua/cmd/workbench/stage"
	"motcua/kiosk/hatch"
)

// patience is how long the citizen waits for the screen to change.
const patience = time.Minute

// Citizen is one person's eyes and finger.
type Citizen struct {
	Stage *stage.Stage
	// Look is called on every screen once it is worth a picture; nil = nobody
	// takes any.
	Look func(ctx context.Context, s hatch.Screen) error

	now hatch.Screen // as last read
}

// ErrNotThere: there is no such target on the screen.
var ErrNotThere = errors.New("nothing like that on the screen")

// Now reads what is shown.
func (c *Citizen) Now(ctx context.Context) (hatch.Screen, error) {
	s, err := c.Stage.Hatch.Screen(ctx, 0)
	if err == nil {
		c.now = s
	}
	return s, err
}

// Last is the screen as it was last read.
func (c *Citizen) Last() hatch.Screen { return c.now }

// Until waits for a screen that is as wanted; what names it for the error.
func (c *Citizen) Until(ctx context.Context, what string, wanted func(hatch.Screen) bool) (hatch.Screen, error) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := c.Now(wait)
	for err == nil && !wanted(s) {
		if s, err = c.Stage.Hatch.Screen(wait, s.Seq); err == nil {
			c.now = s
		}
	}
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return s, fmt.Errorf("waiting for %s: it still shows %s", what, Describe(c.now))
	}
	return s, err
}

// At waits until one of these screens is shown, with nothing on top.
func (c *Citizen) At(ctx context.Context, screens ...string) (hatch.Screen, error) {
	return c.Until(ctx, strings.Join(screens, " or "), func(s hatch.Screen) bool {
		return s.Over == "" && slices.Contains(screens, s.Screen)
	})
}

// Touch touches a target of the screen that is shown now. One that is drawn pale,
// as what has to come before it was not yet taken in, is waited for.
func (c *Citizen) Touch(ctx context.Context, id string) error {
	there := false
	s, err := c.Until(ctx, id+" to be of use", func(s hatch.Screen) bool {
		var t hatch.Target
		t, there = s.Find(id)
		return !there || t.Enabled
	})
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("touch %s: %w: %s", id, ErrNotThere, Describe(s))
	}
	t, _ := s.Find(id)
	return c.Stage.Touch(s, t)
}

// Press touches a target and waits until something else is drawn.
func (c *Citizen) Press(ctx context.Context, id string) (hatch.Screen, error) {
	before := c.now
	if err := c.Touch(ctx, id); err != nil {
		return before, err
	}
	before = c.now
	return c.Until(ctx, "an answer to "+id, func(s hatch.Screen) bool { return s.Seq > before.Seq })
}

// Go touches a target and waits for the screens it leads to.
func (c *Citizen) Go(ctx context.Context, id string, screens ...string) (hatch.Screen, error) {
	if err := c.Touch(ctx, id); err != nil {
		return c.now, err
	}
	return c.At(ctx, screens...)
}

// Find touches "more" until a target is on the screen, as often as there are
// pages.
func (c *Citizen) Find(ctx context.Context, id string) error {
	for range 30 {
		s, err := c.Now(ctx)
		if err != nil {
			return err
		}
		if _, ok := s.Find(id); ok {
			return nil
		}
		if _, ok := s.Find("more"); !ok {
			break
		}
		before := ids(s)
		if err := c.Touch(ctx, "more"); err != nil {
			return err
		}
		if _, err := c.Until(ctx, "the next page", func(s hatch.Screen) bool { return !slices.Equal(ids(s), before) }); err != nil {
			return err
		}
	}
	return fmt.Errorf("find %s: %w: %s", id, ErrNotThere, Describe(c.now))
}

// look has a picture taken of what is shown.
func (c *Citizen) look(ctx context.Context) error {
	if c.Look == nil {
		return nil
	}
	s, err := c.Now(ctx)
	if err != nil {
		return err
	}
	return c.Look(ctx, s)
}

// Describe puts a screen into one line, for errors.
func Describe(s hatch.Screen) string {
	line := s.Screen
	if s.Step != "" {
		line += " " + s.Step
	}
	if s.Over != "" {
		line += " under " + s.Over
	}
	return line + " with " + strings.Join(ids(s), " ")
}

func ids(s hatch.Screen) []string {
	var all []string
	for _, t := range s.Targets {
		if !strings.HasPrefix(t.ID, "key:") {
			all = append(all, t.ID)
		}
	}
	return all
}
