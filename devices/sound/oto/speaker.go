package oto

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	oto2 "github.com/hajimehoshi/oto/v2"

	"motcua/devices"
	"motcua/devices/sound"
)

const full sound.Level = 100

// ahead is what the library reads from a clip before it is needed, in bytes.
// It does not delay a cut-off: the volume is applied after it.
const ahead = sound.Rate / 5 * 2

// Speaker is the loudspeaker behind a Jack. After devices.ErrGone it stays
// gone: close it and open another. Safe for use by several goroutines.
type Speaker struct {
	unit   string
	line   *line
	gone   atomic.Bool
	once   sync.Once
	closed chan struct{}

	// mu guards level and player. Not held while the device is waited for.
	mu     sync.Mutex
	level  sound.Level
	player oto2.Player // nil while nothing plays
}

var _ sound.Speaker = (*Speaker)(nil)

// Play plays c to its last sample; see sound.Speaker. It returns about 0.1 s
// after that sample, when the device has been put to rest.
func (s *Speaker) Play(ctx context.Context, c sound.Clip) error { return s.play(ctx, c, "play") }

func (s *Speaker) play(ctx context.Context, c sound.Clip, op string) error {
	// Asked first on its own: with a free turn, select would toss a coin.
	if err := s.ended(ctx, op); err != nil {
		return err
	}
	select {
	case s.line.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return devices.Fail(s.unit, op, devices.ErrClosed, nil)
	}
	defer func() { <-s.line.turn }()
	if err := s.ended(ctx, op); err != nil {
		return err
	}

	overdue := time.NewTimer(c.Length() + late)
	defer overdue.Stop()
	whole := false
	err := s.line.wake()
	if err == nil {
		whole, err = s.run(ctx, c, overdue.C)
		s.line.rest(err == nil)
	}
	if err == nil && whole {
		return nil
	}
	if ended := s.ended(ctx, op); ended != nil {
		return ended
	}
	s.gone.Store(true)
	return devices.Fail(s.unit, op, devices.ErrGone, err)
}

// ended tells why there is no point in playing on; nil = there is.
func (s *Speaker) ended(ctx context.Context, op string) error {
	select {
	case <-s.closed:
		return devices.Fail(s.unit, op, devices.ErrClosed, nil)
	default:
	}
	if s.gone.Load() {
		return devices.Fail(s.unit, op, devices.ErrGone, nil)
	}
	return ctx.Err()
}

// run plays c on a device that is awake, and returns when it is silent; whole
// is false when ctx or Close cut it off. The error is that of the device, also
// when overdue comes before the end of c.
func (s *Speaker) run(ctx context.Context, c sound.Clip, overdue <-chan time.Time) (whole bool, err error) {
	tape := &tape{clip: c}
	player := s.line.device.NewPlayer(tape)
	defer player.Close()
	player.(oto2.BufferSizeSetter).SetBufferSize(ahead)
	s.load(player)
	defer s.load(nil)
	player.Play()

	look := time.NewTicker(period / 4)
	defer look.Stop()
	played, moved := 0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return false, s.cut(player)
		case <-s.closed:
			return false, s.cut(player)
		case <-overdue:
			return false, fmt.Errorf("%v of sound not played after %v", c.Length(), c.Length()+late)
		case now := <-look.C:
			if err := s.line.device.Err(); err != nil {
				return false, err
			}
			ended, read := tape.at()
			unplayed := player.UnplayedBufferSize() / 2
			if ended && unplayed == 0 {
				return true, s.wait(drain)
			}
			if at := read - unplayed; at != played {
				played, moved = at, now
			} else if now.Sub(moved) > stall {
				return false, fmt.Errorf("nothing consumed for %v", stall)
			}
		}
	}
}

// cut fades out what plays within the next period, and has the device play
// silence until nothing else is left in it.
func (s *Speaker) cut(player oto2.Player) error {
	s.load(nil) // SetLevel must not turn it up again
	player.SetVolume(0)
	return s.wait(2*period + buffer + margin)
}

// wait lets the device go on for d.
func (s *Speaker) wait(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
	return s.line.device.Err()
}

// load makes player the one whose volume SetLevel turns.
func (s *Speaker) load(player oto2.Player) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.player = player
	if player != nil {
		player.SetVolume(gain(s.level))
	}
}

// SetLevel sets the volume of what plays now and later; see sound.Speaker. It
// is 100 after Open. A level beyond 0 to 100 is taken for the nearer end.
func (s *Speaker) SetLevel(l sound.Level) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level = min(max(l, 0), full)
	if s.player != nil {
		s.player.SetVolume(gain(s.level))
	}
}

// gain is the amplitude of a level: squared, so that half the level sounds
// about half as loud (-12 dB).
func gain(l sound.Level) float64 { return float64(l) * float64(l) / float64(full*full) }

// Close cuts off what plays and unblocks Play, which then fails with
// devices.ErrClosed. The device itself stays with the Jack, at rest.
func (s *Speaker) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// tape is a clip as the bytes that the library reads.
type tape struct {
	clip sound.Clip
	// read is how many samples were handed over. ended comes after them: the
	// library asks again only when it has put the last ones into its buffer.
	read  atomic.Int64
	ended atomic.Bool
}

func (t *tape) at() (ended bool, read int) { return t.ended.Load(), int(t.read.Load()) }

// Read gives the next samples, low byte first.
func (t *tape) Read(p []byte) (int, error) {
	rest := t.clip[t.read.Load():]
	if len(rest) == 0 {
		t.ended.Store(true)
		return 0, io.EOF
	}
	n := min(len(rest), len(p)/2)
	for i, v := range rest[:n] {
		p[2*i], p[2*i+1] = byte(v), byte(v>>8)
	}
	t.read.Add(int64(n))
	return 2 * n, nil
}
