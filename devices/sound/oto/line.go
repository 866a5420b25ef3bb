package oto

import (
	"time"

	oto2 "github.com/hajimehoshi/oto/v2"
)

// The times of a line. A cut-off is heard after what lies in the device's
// buffer, the period being written and one period of fading out have been
// played: 4 periods of 20 ms, below the 100 ms promised.
const (
	buffer = 40 * time.Millisecond // in the device, two periods
	period = buffer / 2
	// drain is how long after the last sample was handed over the device may
	// still play it. Suspending earlier cuts the tail off.
	drain = buffer + 50*time.Millisecond
	// margin is for what lies between ALSA and the air after a cut-off, when
	// only silence can be lost.
	margin = 10 * time.Millisecond
	// stall is how long a living device may consume nothing, on a busy machine.
	stall = 1500 * time.Millisecond
	// late is how long after a clip should have ended its Play gives up.
	late = 900 * time.Millisecond
	// patience is how long Suspend and Resume may take. A living device
	// returns from a write within a period; the rest is for a busy machine.
	patience = 500 * time.Millisecond
)

// line is an open device, suspended whenever nothing plays.
type line struct {
	device *oto2.Context
	hand   hand
	turn   chan struct{} // one slot: held by the one that plays
}

// lost tells whether the device is of no more use. One that hung is found
// again when it came round.
func (l *line) lost() bool {
	return l.device.Err() != nil || l.hand.do(patience, func() error { return nil }) != nil
}

// wake lets the device consume.
func (l *line) wake() error { return l.hand.do(patience, l.device.Resume) }

// rest stops the device from consuming, and waits for that if it is alive. If
// it hangs, the hand stays at it: should the device come round, it is put to
// rest then; should it not, the next wake tells.
func (l *line) rest(alive bool) {
	wait := patience
	if !alive {
		wait = 0
	}
	l.hand.do(wait, l.device.Suspend)
}
