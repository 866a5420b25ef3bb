// Package sound says what a speaker is.
//
// A Speaker plays one Clip at a time through the loudspeaker and can be cut
// off. Drivers are in the packages below; every driver passes soundtest.
package sound

import (
	"context"
	"time"
)

// Rate is the one sample rate of every clip and speaker, in frames a second.
const Rate = 22050

// A Clip is mono sound, signed 16 bit, at Rate.
type Clip []int16

// Length is how long the clip lasts.
func (c Clip) Length() time.Duration {
	return time.Duration(len(c)) * time.Second / Rate
}

// Level is a volume from 0 (silent) to 100 (as recorded).
type Level int

// A Speaker is a loudspeaker of any make.
type Speaker interface {
	// Play plays c and returns when its last sample left the device. When ctx
	// ends it falls silent within 100 ms and returns ctx.Err(). It fails with
	// devices.ErrGone when the device is missing or was lost, at the latest
	// one second after c should have ended; it never hangs on a dead device.
	// One Play at a time: a second call waits for the first to end.
	Play(ctx context.Context, c Clip) error
	// SetLevel sets the volume of what plays now and later.
	SetLevel(l Level)
	// Close gives the device back and unblocks Play. Twice is fine.
	Close() error
}
