package soundsim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// chunk is what the loudspeaker plays between two looks at its cable: 4 ms.
const chunk = wireRate / 250

// late is how far behind its clock a stream may fall before it counts as
// broken off; a new run of sound starts then.
const late = 30 * time.Millisecond

// Sink is the loudspeaker at the end of the wire. It consumes r as fast as it
// would play and appends what it played to the WAV file named out, whose folder
// is that of the loudspeaker. It returns when r ends, also while unplugged.
//
// r is the standard input of a sink command. What came before the command
// started, which ALSA wrote unclocked into the pipe, is dropped.
//
// It ignores interrupts: Ctrl-C on a terminal reaches it too, and a loudspeaker
// does not die before the program that plays.
func Sink(r *os.File, out string) error {
	signal.Ignore(os.Interrupt)
	dir := filepath.Dir(out)
	if err := shrink(r); err != nil {
		return err
	}
	tape, err := openTape(out)
	if err != nil {
		return err
	}
	defer tape.Close()

	b := make([]byte, chunk*frameBytes)
	var due time.Time // when the chunk before has been played
	for {
		n, err := io.ReadFull(r, b)
		if n = n / frameBytes * frameBytes; n > 0 {
			if gone, err := waitPlugged(r, dir); gone || err != nil {
				return err
			}
			now := time.Now()
			fresh := now.Sub(due) > late
			if fresh {
				due = now
			}
			if err := tape.write(b[:n], due, fresh); err != nil {
				return err
			}
			due = due.Add(time.Duration(n/frameBytes) * time.Second / wireRate)
			time.Sleep(time.Until(due))
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wire: %w", err)
		}
	}
}

// waitPlugged holds the wire up while the loudspeaker is unplugged; gone is
// true when the other end hung up meanwhile.
func waitPlugged(r *os.File, dir string) (gone bool, err error) {
	for Away(dir) {
		hup, err := hungUp(r, 20*time.Millisecond)
		if hup || err != nil {
			return hup, err
		}
	}
	return false, nil
}

// hungUp waits for d, or until nobody writes to the pipe any more.
func hungUp(r *os.File, d time.Duration) (bool, error) {
	c, err := r.SyscallConn()
	if err != nil {
		return false, err
	}
	var hup bool
	var fault error
	err = c.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd)}}
		_, fault = unix.Poll(p, int(d.Milliseconds()))
		hup = p[0].Revents&unix.POLLHUP != 0
	})
	if errors.Is(fault, unix.EINTR) {
		fault = nil
	}
	return hup, errors.Join(err, fault)
}

// shrink makes the pipe r as small as it can be, and drops what is in it by
// then if that is more. What is no pipe is left as it is.
func shrink(r *os.File) error {
	c, err := r.SyscallConn()
	if err != nil {
		return err
	}
	b := make([]byte, 4096)
	for {
		var fault error
		if err := c.Control(func(fd uintptr) { _, fault = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 4096) }); err != nil {
			return err
		}
		if !errors.Is(fault, unix.EBUSY) {
			return nil
		}
		if _, err := io.ReadFull(r, b); err != nil {
			return fmt.Errorf("wire: %w", err)
		}
	}
}

// tape is a recording: mono, 16 bit, at the wire's rate, with the times beside
// it. It is a whole WAV file at any moment but for what was last written.
type tape struct {
	wav, times *os.File
	frames     int64
}

const wavHeader = 44

func openTape(out string) (*tape, error) {
	wav, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	times, err := os.OpenFile(out+timesName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		wav.Close()
		return nil, err
	}
	return &tape{wav: wav, times: times}, nil
}

// write adds b, which was played from at on. A run that starts anew gets a
// line "frame unix-nanoseconds" in the file of times.
func (t *tape) write(b []byte, at time.Time, fresh bool) error {
	st, err := t.wav.Stat()
	if err != nil {
		return err
	}
	t.frames = max(st.Size()-wavHeader, 0) / 2
	mono := make([]byte, len(b)/frameBytes*2)
	for i := range len(mono) / 2 {
		f := b[i*frameBytes:]
		l, r := int32(binary.LittleEndian.Uint32(f)), int32(binary.LittleEndian.Uint32(f[4:]))
		binary.LittleEndian.PutUint16(mono[2*i:], uint16((int64(l)+int64(r))/2>>16))
	}
	if fresh {
		if _, err := fmt.Fprintf(t.times, "%d %d\n", t.frames, at.UnixNano()); err != nil {
			return err
		}
	}
	if _, err := t.wav.WriteAt(mono, wavHeader+t.frames*2); err != nil {
		return err
	}
	return t.header(t.frames*2 + int64(len(mono)))
}

// header says in the file how long it is.
func (t *tape) header(size int64) error {
	h := make([]byte, 0, wavHeader)
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(wavHeader-8+size))
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, 1) // mono
	h = binary.LittleEndian.AppendUint32(h, wireRate)
	h = binary.LittleEndian.AppendUint32(h, wireRate*2)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(size))
	_, err := t.wav.WriteAt(h, 0)
	return err
}

// Close ends the recording.
func (t *tape) Close() error { return errors.Join(t.wav.Close(), t.times.Close()) }
