package acr122s

import (
	"context"
	"errors"
	"time"

	"motcua/devices"
	"motcua/devices/port"
)

const (
	tries = 3 // times that one command is sent, at most
	// answerAtOnce is how long the reader takes at most to say that it got a frame,
	// beside the time that the bytes take.
	answerAtOnce = 400 * time.Millisecond
	// gap is the longest pause within a frame.
	gap = 200 * time.Millisecond
)

// errNotTaken: the reader does not have the command, and sending it again is safe.
var errNotTaken = errors.New("reader did not take the command")

// wire carries one command after another to the reader. Whoever uses it has the
// turn.
type wire struct {
	line port.Line
	unit string
	baud int
	// patience is how long a command may take from when the reader took it, or
	// asked for more time.
	patience time.Duration

	seq   byte
	owed  bool // a command was left without its answer
	taken bool // and the reader has it
	out   []byte
	in    []byte // what was read
	done  int    // bytes of in that were given away as the last frame
	room  [512]byte
}

// call is one command: start and end are the delimiters of its frame.
type call struct {
	start, end, kind byte
	data             []byte
}

// ask sends a command and gives the answer, whose bytes are good until the next.
// It fails with devices.ErrSilent and devices.ErrGarbled when the reader does, with
// the line's own errors, and with ctx.Err() bare; the wire can be used on.
func (w *wire) ask(ctx context.Context, op string, c call) (frame, error) {
	if err := w.settle(ctx); err != nil {
		return frame{}, err
	}
	w.seq++
	w.out = appendFrame(w.out[:0], c.start, c.end, c.kind, w.seq, c.data)
	defer func() { clear(w.out) }()
	for range tries {
		f, err := w.once(ctx, op)
		if !errors.Is(err, errNotTaken) {
			return f, err
		}
	}
	return frame{}, devices.Fail(w.unit, op, devices.ErrGarbled, errNotTaken)
}

// once sends the frame in out and waits for its answer.
func (w *wire) once(ctx context.Context, op string) (frame, error) {
	w.owed, w.taken = true, false
	if _, err := w.line.Write(ctx, w.out); err != nil {
		return frame{}, err
	}
	limit, asked, old, quiet := w.soon(len(w.out)), 0, 0, 0
	for {
		f, what, err := w.next(ctx, limit)
		switch {
		case err != nil:
			return frame{}, err
		case what == whole && f.kind == 0 && f.status == taken:
			w.taken, limit = true, w.patience
			continue
		case what == whole && f.kind == 0 && asked == 0 && !w.taken:
			w.owed = false
			return frame{}, errNotTaken
		case what == whole && f.kind != 0 && f.seq != w.seq:
			if asked == 0 {
				continue // of a command that was given up
			}
			// What it answered last is what came before: ours never arrived. Once
			// might be a late answer that was under way.
			if old++; old == 2 {
				w.owed = false
				return frame{}, errNotTaken
			}
		case what == whole && f.late():
			limit = w.patience
			continue
		case what == whole && f.kind != 0:
			w.owed = false
			return f, nil
		}
		// Nothing came, or it cannot be read, or it was not ours.
		if what == nothing {
			if quiet++; quiet == 2 {
				w.owed = w.taken // else nothing is to be waited for
				return frame{}, devices.Fail(w.unit, op, devices.ErrSilent, nil)
			}
		}
		if asked++; asked > tries {
			return frame{}, devices.Fail(w.unit, op, devices.ErrGarbled, nil)
		}
		w.forget()
		if _, err := w.line.Write(ctx, again); err != nil {
			return frame{}, err
		}
		limit = w.soon(len(again))
	}
}

// settle waits for the answer to a command that was left: the reader hears
// nothing until it has given it.
func (w *wire) settle(ctx context.Context) error {
	limit := w.soon(len(w.out))
	if w.taken {
		limit = w.patience
	}
	for w.owed {
		f, what, err := w.next(ctx, limit)
		switch {
		case err != nil:
			return err
		case what == whole && (f.kind == 0 && f.status == taken || f.late()):
			limit = w.patience
		case what == whole && f.kind != 0 && f.seq != w.seq:
		default: // it came, or never will
			w.owed = false
		}
	}
	return nil
}

// next gives the next frame; nothing if none began within limit, and broken if the
// rest of one did not come. Its bytes are wiped at the next call.
func (w *wire) next(ctx context.Context, limit time.Duration) (frame, find, error) {
	end := time.Now().Add(limit)
	w.drop(w.done)
	for {
		f, n, what := decode(w.in)
		if what != nothing {
			w.done = n
			return f, what, nil
		}
		w.drop(n)
		wait := time.Until(end)
		if len(w.in) > 0 {
			wait = gap
		}
		soon, cancel := context.WithTimeout(ctx, wait)
		n, err := w.line.Read(soon, w.room[:])
		cancel()
		w.in = append(w.in, w.room[:n]...)
		clear(w.room[:n])
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return frame{}, nothing, ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) && len(w.in) > 0:
			w.forget()
			return frame{}, broken, nil // the rest of it is lost
		case errors.Is(err, context.DeadlineExceeded):
			return frame{}, nothing, nil
		default:
			return frame{}, nothing, err
		}
	}
}

// drop takes n bytes off what was read, and wipes them.
func (w *wire) drop(n int) {
	left := copy(w.in, w.in[n:])
	clear(w.in[left:])
	w.in, w.done = w.in[:left], 0
}

func (w *wire) forget() { w.drop(len(w.in)) }

// soon is when an answer to n bytes on the line is due.
func (w *wire) soon(n int) time.Duration {
	return answerAtOnce + time.Duration(n)*10*time.Second/time.Duration(w.baud)
}
