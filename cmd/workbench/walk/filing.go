package walk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/kiosk/contract"
	"motcua/kiosk/hatch"
)

// Filing is a submission that the citizen wants to make.
type Filing struct {
	Procedure string            // national code
	Card      string            // of the workbench's drawer
	Chip      bool              // the card is laid on the reader too
	Answers   map[string]string // by question, "" = as suggested; one that is not here is an error
}

// Assurance is how well central should know the citizen.
func (f Filing) Assurance() contract.Assurance {
	if f.Chip {
		return contract.AssuranceChipGenuine
	}
	return contract.AssuranceQR
}

// Birth registers a birth of ten days before now: a father with his card, which
// he lays on the reader, the hospital's paper at hand.
func Birth(now time.Time) Filing {
	return Filing{"1.001193", "card-7", true, map[string]string{
		"a_rel":     "cha",
		"b_notice":  "giay",
		"c_name":    "NGUYỄN MINH AN",
		"c_born":    now.AddDate(0, 0, -10).Format(time.DateOnly),
		"c_sex":     "Nữ",
		"c_eth":     "Kinh",
		"c_pob":     "Bệnh Viện Bạch Mai",
		"c_origin":  "Hà Nội",
		"m_name":    "TRẦN THỊ VÍ DỤ",
		"m_pnum":    "001196999999",
		"b_married": "yes",
		"z_copies":  "2",
		"z_result":  "dien-tu-tai-quay",
		"a_phone":   "0912345678",
	}}
}

// Identify goes from the attract screen to where the kiosk knows who it is.
func (c *Citizen) Identify(ctx context.Context, f Filing) error {
	if err := c.ToIdentify(ctx, f); err != nil {
		return err
	}
	return c.ShowCard(ctx, f)
}

// ShowCard shows the card's code to the scanner and, where that is wanted, lays
// the card on the reader until the kiosk has read its chip.
func (c *Citizen) ShowCard(ctx context.Context, f Filing) error {
	if err := c.Stage.Desk.ScanCard(ctx, f.Card); err != nil {
		return err
	}
	s, err := c.At(ctx, "chip", "papers")
	switch {
	case err != nil:
		return err
	case s.Screen == "papers" && f.Chip && c.Stage.Chipless == "":
		return errors.New("the kiosk did not ask for the card")
	case s.Screen == "papers":
		return nil
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	if !f.Chip {
		_, err := c.Go(ctx, "skip", "papers")
		return err
	}
	return c.LayCard(ctx, f)
}

// pace is what each answer of a chip takes: about what a card of plastic does.
const pace = 25 * time.Millisecond

// LayCard lays the card on the reader, waits until its chip was read and takes it
// off again.
func (c *Citizen) LayCard(ctx context.Context, f Filing) error {
	if err := c.Stage.Desk.Lay(ctx, desk.Lay{Chip: f.Card, Each: int(pace.Milliseconds())}); err != nil {
		return err
	}
	if c.Look != nil {
		s, err := c.Until(ctx, "the reading", func(s hatch.Screen) bool { return s.Screen != "chip" || s.Step == "reading" })
		if err != nil {
			return err
		}
		if s.Screen == "chip" {
			if err := c.look(ctx); err != nil {
				return err
			}
		}
	}
	if _, err := c.At(ctx, "papers"); err != nil {
		return err
	}
	return c.Stage.Desk.Lift(ctx)
}

// ToIdentify goes from the attract screen to where the kiosk asks who it is.
func (c *Citizen) ToIdentify(ctx context.Context, f Filing) error {
	if err := c.ToProcedures(ctx); err != nil {
		return err
	}
	if err := c.Choose(ctx, f.Procedure, "identify"); err != nil {
		return err
	}
	return c.look(ctx)
}

// Choose finds a procedure in the list, under whichever chip it stands, and
// touches it; it leads to the screen named.
func (c *Citizen) Choose(ctx context.Context, procedure, to string) error {
	row := "row:" + procedure
	s, err := c.Now(ctx)
	if err != nil {
		return err
	}
	if err := c.Find(ctx, row); err == nil {
		_, err := c.Go(ctx, row, to)
		return err
	}
	for _, chip := range s.Targets {
		group, ok := strings.CutPrefix(chip.ID, "chip:")
		if !ok || group == s.Step {
			continue
		}
		if err := c.Touch(ctx, chip.ID); err != nil {
			return err
		}
		if _, err := c.Until(ctx, "the list of "+group, func(s hatch.Screen) bool { return s.Step == group }); err != nil {
			return err
		}
		if err := c.Find(ctx, row); err == nil {
			_, err := c.Go(ctx, row, to)
			return err
		}
	}
	return fmt.Errorf("choose %s: %w under any chip", procedure, ErrNotThere)
}

// ToProcedures goes from the attract screen to the list of procedures.
func (c *Citizen) ToProcedures(ctx context.Context) error {
	if _, err := c.At(ctx, "attract"); err != nil {
		return err
	}
	for _, step := range []struct{ touch, to string }{
		{"", "attract"}, {"start", "home"}, {"door:submit", "procedures"},
	} {
		if step.touch != "" {
			if _, err := c.Go(ctx, step.touch, step.to); err != nil {
				return err
			}
		}
		if err := c.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Fill goes on from the papers to the review, answering every question.
func (c *Citizen) Fill(ctx context.Context, f Filing) (asked []string, err error) {
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	s, err := c.Go(ctx, "next", "question", "review")
	for err == nil && s.Screen == "question" {
		asked = append(asked, s.Step)
		if len(asked) > 100 {
			return asked, fmt.Errorf("more than 100 questions: %v", asked)
		}
		s, err = c.answer(ctx, s, f)
	}
	if err != nil {
		return asked, err
	}
	return asked, c.look(ctx)
}

// answer gives the answer to the question that is shown and goes on.
func (c *Citizen) answer(ctx context.Context, s hatch.Screen, f Filing) (hatch.Screen, error) {
	value, ok := f.Answers[s.Step]
	if !ok {
		return s, fmt.Errorf("no answer to question %s; there are answers to %v", s.Step, slices.Sorted(maps.Keys(f.Answers)))
	}
	if err := c.enter(ctx, s, value); err != nil {
		return s, fmt.Errorf("question %s: %w", s.Step, err)
	}
	if err := c.look(ctx); err != nil {
		return s, err
	}
	if err := c.Touch(ctx, "next"); err != nil {
		return s, err
	}
	return c.Until(ctx, "what comes after question "+s.Step, func(n hatch.Screen) bool {
		return n.Screen != "question" || n.Step != s.Step
	})
}

// enter gives an answer by the input that the question has; "" leaves what is
// suggested. Every touch here changes the screen: a second one before the
// first was drawn is more than fingers can do.
func (c *Citizen) enter(ctx context.Context, s hatch.Screen, value string) error {
	switch {
	case value == "":
		return nil
	case has(s, "opt:"):
		if err := c.Find(ctx, "opt:"+value); err != nil {
			return err
		}
		_, err := c.Press(ctx, "opt:"+value)
		return err
	case has(s, "date:"):
		date, err := time.Parse(time.DateOnly, value)
		if err != nil {
			return err
		}
		return c.Type(ctx, date.Format("02012006"))
	}
	return c.Type(ctx, value)
}

// Type types text on the screen's keyboard.
func (c *Citizen) Type(ctx context.Context, text string) error {
	for _, key := range Keys(text) {
		if _, err := c.Press(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// Submit agrees on the review and submits; it returns on the first screen that
// says how that went.
func (c *Citizen) Submit(ctx context.Context) (hatch.Screen, error) {
	if err := c.Find(ctx, "consent"); err != nil {
		return c.now, err
	}
	if _, err := c.Press(ctx, "consent"); err != nil {
		return c.now, err
	}
	if err := c.look(ctx); err != nil {
		return c.now, err
	}
	s, err := c.Go(ctx, "submit", "done", "noprint", "notkept")
	if err != nil {
		return s, err
	}
	return s, c.look(ctx)
}

// Leave rates the visit and goes home; it returns when the kiosk waits for the
// next citizen.
func (c *Citizen) Leave(ctx context.Context) error {
	s, err := c.Now(ctx)
	if err != nil {
		return err
	}
	if _, ok := s.Find("rate:5"); ok {
		if _, err := c.Press(ctx, "rate:5"); err != nil {
			return err
		}
		if err := c.look(ctx); err != nil {
			return err
		}
	}
	if s.Screen != "goodbye" {
		if _, err := c.Go(ctx, "finish", "goodbye"); err != nil {
			return err
		}
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	_, err = c.Go(ctx, "finish", "attract")
	return err
}

// Stop ends the visit from wherever it is, without filing.
func (c *Citizen) Stop(ctx context.Context) error {
	if err := c.Touch(ctx, "end"); err != nil {
		return err
	}
	s, err := c.Until(ctx, "the end, or whether it is meant", func(s hatch.Screen) bool { return s.Over != "" || s.Screen == "attract" })
	if err != nil || s.Screen == "attract" {
		return err
	}
	_, err = c.Go(ctx, "leave", "attract")
	return err
}

func has(s hatch.Screen, prefix string) bool {
	return slices.ContainsFunc(s.Targets, func(t hatch.Target) bool { return strings.HasPrefix(t.ID, prefix) })
}
