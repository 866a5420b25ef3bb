package screen

import (
	"time"

	"motcua/kiosk/visit"
)

// How long the steps of what moves take. A glide is over within 300 ms.
const (
	glideFrame = 36 * time.Millisecond
	glideRest  = 1600 * time.Millisecond
	waitFrame  = 250 * time.Millisecond
	gateStep   = 20 * time.Second
)

func (s *Screen) still() bool { return s.opts.Still || s.view.Look.Calm }

// pause is how long the step lasts that is shown, 0 if nothing moves. Only one
// thing moves at a time, and nothing behind an Over.
func (s *Screen) pause() time.Duration {
	if s.still() || s.view.Over != nil {
		return 0
	}
	for _, one := range s.view.Blocks {
		switch one.(type) {
		case visit.Attract:
			return gateStep
		case visit.Waiting:
			return waitFrame
		case visit.Picture:
			if at := s.step % glideRound; at == 0 || at == glideSteps || at == glideSteps+1 || at == glideRound-1 {
				return glideRest / 2
			}
			return glideFrame
		}
	}
	return 0
}

// move schedules the next step of what moves, in the place of any before.
func (s *Screen) move() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	pause := s.pause()
	if pause == 0 {
		return
	}
	stopped := false
	stop := s.after(pause, func() {
		if stopped {
			return
		}
		s.step++
		s.draw()
		s.move()
	})
	s.stop = func() { stopped = true; stop() }
}
