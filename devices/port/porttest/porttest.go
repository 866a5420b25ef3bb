// Package porttest checks that a port.Line keeps its promises.
//
// Faults that were put into the lines on purpose, and the case that found each:
//
//	the past deadline stays after a cancel             CancelLosesNothing
//	Write counts the whole chunk when it was cut off   CancelledWriteTellsTruth
//	Close does not mark before it closes               CloseUnblocks, CloseTwice, GoneIsNotClosed
//	Close twice closes the Conn twice                  CloseTwice
//	a hangup is passed on bare                         UnplugIsNamed
//	Read waits until p is full                         ReadGivesWhatIsThere
//	a goroutine waits for ctx and nothing else         NothingLeft
//	what a reader has no room for is dropped           KeepsOrder, on a line of reports
//	"nothing to say" taken for a hangup                KeepsOrder, on a printer's line
//	after a hangup TCP takes bytes yet                 UnplugIsNamed
//	the Conn is not closed                             CloseUnblocks, PluggedManyTimes
//	a goroutine for each line                          PluggedManyTimes
//
// Some show on one kind of line only, and fell to the tests of package port: half
// a report written, a quiet printer asked in a loop or not left when the context
// ends, a line one way taken for gone, what TCP holds back sent after Close, Drain
// that does not wait, two owners of a node, a file left open by a refused open.
//
// The suite runs on whatever a Bench holds: a pty, a socket, net.Pipe, or a unit
// on a real USB stack, whose far end is the gadget's file (/dev/g_printer0,
// /dev/ttyGS0, /dev/hidg0). There, set Cycles to what time allows.
//
// Two lived, because they need a moment that a real line hardly ever gives: bytes
// that come with the end of the context, and a deadline set late. They fell to a
// scripted Conn in the tests of package port.
package porttest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/port"
)

// Bench is one line on the desk and the unit at its far end.
type Bench struct {
	Line port.Line
	Unit string        // the name that errors must give
	Far  io.ReadWriter // the unit's own end
	// Unplug pulls the cable. It may be called once.
	Unplug func()
	// Again puts the cable back, opens the line anew and gives the bench as it is
	// then; nil where that cannot be done. What the bench had before it is to be
	// given back by then.
	Again func() Bench
	// Cycles is how often the cable is pulled and put back, beside as many before
	// that but 100 at most; 0 = 1,000.
	Cycles int
}

// Pipe gives a line in memory to the unit of that name, and the unit's end.
// Closing that end is unplugging it. It works in a synctest bubble.
func Pipe(unit string) (*port.Wire, net.Conn) {
	ours, theirs := net.Pipe()
	return port.New(unit, ours), theirs
}

// limit is how long anything in the suite may take before it is called stuck.
const limit = 20 * time.Second

// Run checks every promise of port.Line on lines that set makes, a new one for
// each case. set leaves cleaning up to t.Cleanup; Run closes the Line.
func Run(t *testing.T, set func(*testing.T) Bench) {
	cases := []struct {
		name string
		test func(*testing.T, Bench)
	}{
		{"KeepsOrder", keepsOrder},
		{"BothWaysAtOnce", bothWays},
		{"ReadGivesWhatIsThere", readGivesWhatIsThere},
		{"EndedContext", endedContext},
		{"CancelLosesNothing", cancelLosesNothing},
		{"CancelledWriteTellsTruth", cancelledWrite},
		{"CloseUnblocks", closeUnblocks},
		{"CloseTwice", closeTwice},
		{"DrainEnds", drainEnds},
		{"UnplugIsNamed", unplugIsNamed},
		{"GoneIsNotClosed", goneIsNotClosed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := set(t)
			defer func() { _ = b.Line.Close() }()
			c.test(t, b)
		})
	}
	t.Run("NothingLeft", func(t *testing.T) { nothingLeft(t, set) })
	t.Run("PluggedManyTimes", func(t *testing.T) {
		b := set(t)
		if b.Again == nil {
			t.Skip("the bench has no way to put the cable back")
		}
		pluggedManyTimes(t, b)
	})
}

// noise is n bytes that repeat nowhere near.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func ctxFor(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// collect reads n bytes through read, in pieces of changing size.
func collect(n int, read func([]byte) (int, error)) ([]byte, error) {
	var all []byte
	for i := 1; len(all) < n; i++ {
		p := make([]byte, min(n-len(all), i%97+1))
		got, err := read(p)
		all = append(all, p[:got]...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func keepsOrder(t *testing.T, b Bench) {
	ctx, sent := ctxFor(t), noise(64<<10)
	var feed sync.WaitGroup
	feed.Go(func() { _, _ = b.Far.Write(sent) })
	got, err := collect(len(sent), func(p []byte) (int, error) { return b.Line.Read(ctx, p) })
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("read %d bytes, %v; want the %d that were sent, in order", len(got), err, len(sent))
	}
	feed.Wait()
	feed.Go(func() {
		if n, err := b.Line.Write(ctx, sent); n != len(sent) || err != nil {
			t.Errorf("Write = %d, %v; want %d, nil", n, err, len(sent))
		}
	})
	got, err = collect(len(sent), b.Far.Read)
	feed.Wait()
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("unit read %d bytes, %v; want the %d that were written, in order", len(got), err, len(sent))
	}
}

func bothWays(t *testing.T, b Bench) {
	ctx, sent := ctxFor(t), noise(32<<10)
	var all sync.WaitGroup
	all.Go(func() { _, _ = b.Far.Write(sent) })
	all.Go(func() {
		if n, err := b.Line.Write(ctx, sent); n != len(sent) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	})
	all.Go(func() {
		if got, err := collect(len(sent), b.Far.Read); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("unit read %d bytes, %v", len(got), err)
		}
	})
	got, err := collect(len(sent), func(p []byte) (int, error) { return b.Line.Read(ctx, p) })
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	all.Wait()
}

func readGivesWhatIsThere(t *testing.T, b Bench) {
	var feed sync.WaitGroup
	feed.Go(func() { _, _ = b.Far.Write([]byte("abc")) })
	p := make([]byte, 100)
	n, err := b.Line.Read(ctxFor(t), p)
	if n == 0 || err != nil || !bytes.HasPrefix([]byte("abc"), p[:n]) {
		t.Fatalf("Read = %q, %v; want some of abc without waiting for more", p[:n], err)
	}
	for got := n; got < 3; got += n {
		if n, err = b.Line.Read(ctxFor(t), p); err != nil {
			t.Fatal(err)
		}
	}
	feed.Wait()
}

func endedContext(t *testing.T, b Bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := b.Line.Read(ctx, make([]byte, 1)); n != 0 || err != context.Canceled {
		t.Errorf("Read = %d, %v; want 0 and the context's own error, bare", n, err)
	}
	if n, err := b.Line.Write(ctx, []byte("x")); n != 0 || err != context.Canceled {
		t.Errorf("Write = %d, %v; want 0 and the context's own error, bare", n, err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := b.Line.Read(ctx, make([]byte, 1)); err != context.DeadlineExceeded {
		t.Errorf("Read past its deadline = %v; want the context's own error, bare", err)
	}
}

// cancelLosesNothing cancels reads at all possible moments of a running stream.
func cancelLosesNothing(t *testing.T, b Bench) {
	sent := noise(8 << 10)
	var feed sync.WaitGroup
	feed.Go(func() {
		for part := range bytes.SplitAfterSeq(sent, []byte{0}) { // uneven parts
			_, _ = b.Far.Write(part)
		}
	})
	cancels, end := 0, time.Now().Add(limit)
	got, err := collect(len(sent), func(p []byte) (int, error) {
		for time.Now().Before(end) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cancels%7)*20*time.Microsecond)
			n, err := b.Line.Read(ctx, p)
			cancel()
			if err == nil {
				return n, nil
			}
			if err != context.DeadlineExceeded || n != 0 {
				return n, err
			}
			cancels++
		}
		return 0, errors.New("stuck")
	})
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("after %d cancels: %d bytes, %v; want the %d that were sent", cancels, len(got), err, len(sent))
	}
	feed.Wait()
	if cancels == 0 {
		t.Fatal("no read was cancelled: the case shows nothing")
	}
}

func cancelledWrite(t *testing.T, b Bench) {
	sent := noise(1 << 20) // more than any line holds back
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	n, err := b.Line.Write(ctx, sent)
	if err != context.DeadlineExceeded {
		t.Fatalf("Write to a unit that does not read = %d, %v; want the context's own error", n, err)
	}
	tail := []byte("and on")
	var write sync.WaitGroup
	write.Go(func() {
		if n, err := b.Line.Write(ctxFor(t), tail); n != len(tail) || err != nil {
			t.Errorf("Write after the cancel = %d, %v", n, err)
		}
	})
	want := append(sent[:n:n], tail...)
	got, err := collect(len(want), b.Far.Read)
	write.Wait()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("unit got %d bytes, %v; Write told %d, and %d came after", len(got), err, n, len(tail))
	}
}

// within fails the test if call does not end in time.
func within[T any](t *testing.T, what string, call func() T) (result T) {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- call() }()
	select {
	case result = <-done:
	case <-time.After(limit):
		t.Fatalf("%s is stuck", what)
	}
	return result
}

func closeUnblocks(t *testing.T, b Bench) {
	ctx := t.Context()
	read, wrote := make(chan error, 1), make(chan error, 1)
	go func() { _, err := b.Line.Read(ctx, make([]byte, 1)); read <- err }()
	go func() { _, err := b.Line.Write(ctx, noise(1<<20)); wrote <- err }() // more than it holds
	// Most times both are waiting by now; if not, the promise is the same.
	<-time.After(20 * time.Millisecond)
	within(t, "Close", b.Line.Close)
	for what, c := range map[string]chan error{"reader": read, "writer": wrote} {
		err := within(t, what, func() error { return <-c })
		checkError(t, what, b, err, devices.ErrClosed)
	}
}

func closeTwice(t *testing.T, b Bench) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := b.Line.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
	all.Wait()
	_, err := b.Line.Read(t.Context(), make([]byte, 1))
	checkError(t, "Read after Close", b, err, devices.ErrClosed)
	n, err := b.Line.Write(t.Context(), []byte("x"))
	checkError(t, "Write after Close", b, err, devices.ErrClosed)
	if n != 0 {
		t.Errorf("Write after Close took %d bytes", n)
	}
}

func unplugIsNamed(t *testing.T, b Bench) {
	read := make(chan error, 1)
	go func() { _, err := b.Line.Read(t.Context(), make([]byte, 1)); read <- err }()
	<-time.After(20 * time.Millisecond)
	b.Unplug()
	err := within(t, "reader", func() error { return <-read })
	checkError(t, "Read", b, err, devices.ErrGone)
	err = within(t, "writer", func() error { _, err := b.Line.Write(t.Context(), []byte("x")); return err })
	checkError(t, "Write", b, err, devices.ErrGone)
	_, err = b.Line.Read(t.Context(), make([]byte, 1))
	checkError(t, "Read again", b, err, devices.ErrGone)
	if err := b.Line.Close(); err != nil {
		t.Errorf("Close of an unplugged unit = %v", err)
	}
}

func goneIsNotClosed(t *testing.T, b Bench) {
	b.Unplug()
	_, err := b.Line.Read(t.Context(), make([]byte, 1))
	if errors.Is(err, devices.ErrClosed) {
		t.Errorf("unplugged reads as our own Close: %v", err)
	}
	_ = b.Line.Close()
	_, err = b.Line.Read(t.Context(), make([]byte, 1))
	checkError(t, "Read after unplug and Close", b, err, devices.ErrClosed)
}

// checkError wants err to give reason, and the unit's name.
func checkError(t *testing.T, what string, b Bench, err, reason error) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Errorf("%s = %v; want %v", what, err, reason)
	}
	var named *devices.Error
	if !errors.As(err, &named) || named.Unit != b.Unit || named.Op == "" {
		t.Errorf("%s = %v; want the unit %q and the call named", what, err, b.Unit)
	}
}

func nothingLeft(t *testing.T, set func(*testing.T) Bench) {
	before := runtime.NumGoroutine()
	for i := range 20 {
		b := set(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, _ = b.Line.Read(ctx, make([]byte, 1))
		cancel()
		// A context that outlives the line must not hold anything either.
		read := make(chan struct{})
		go func() { _, _ = b.Line.Read(t.Context(), make([]byte, 1)); close(read) }()
		if i%2 == 0 {
			b.Unplug()
		}
		_ = b.Line.Close()
		within(t, "reader", func() bool { _, open := <-read; return open })
	}
	noneLeft(t, before)
}

// noneLeft gives goroutines that have told their end the time to be gone.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(limit); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 64<<10)
			t.Fatalf("%d goroutines left\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// drainEnds wants Drain to wait for a unit that takes nothing, and no longer.
func drainEnds(t *testing.T, b Bench) {
	line, ok := b.Line.(port.Drainer)
	if !ok {
		t.Skip("the line cannot tell")
	}
	var write sync.WaitGroup
	write.Go(func() {
		if n, err := b.Line.Write(ctxFor(t), []byte("abc")); n != 3 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	})
	if got, err := collect(3, b.Far.Read); err != nil || string(got) != "abc" {
		t.Fatalf("unit read %q, %v", got, err)
	}
	write.Wait()
	if err := line.Drain(ctxFor(t)); err != nil {
		t.Errorf("Drain of what was taken = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := line.Drain(ctx); err != context.Canceled {
		t.Errorf("Drain = %v; want the context's own error, bare", err)
	}
	_ = b.Line.Close()
	checkError(t, "Drain after Close", b, line.Drain(t.Context()), devices.ErrClosed)
}

// pluggedManyTimes pulls the cable under a reader and puts it back, over and over,
// and sees what is left: goroutines, files, memory.
func pluggedManyTimes(t *testing.T, b Bench) {
	cycles := cmp.Or(b.Cycles, 1000)
	warm := min(cycles, 100) // cycles after which nothing may grow any more
	var goroutines, files, heap int
	for i := range cycles + warm {
		if i == warm {
			goroutines, files, heap = runtime.NumGoroutine(), openFiles(t), heapInUse()
		}
		read := make(chan error, 1)
		go func() {
			_, err := collect(3, func(p []byte) (int, error) { return b.Line.Read(t.Context(), p) })
			if err == nil {
				_, err = b.Line.Read(t.Context(), make([]byte, 1))
			}
			read <- err
		}()
		if _, err := b.Far.Write([]byte("abc")); err != nil {
			t.Fatalf("cycle %d: the unit cannot write: %v", i, err)
		}
		if i%2 == 0 {
			b.Unplug()
			checkError(t, "Read", b, within(t, "reader", func() error { return <-read }), devices.ErrGone)
			_ = b.Line.Close()
		} else {
			_ = b.Line.Close()
			checkError(t, "Read", b, within(t, "reader", func() error { return <-read }), devices.ErrClosed)
			b.Unplug()
		}
		if t.Failed() {
			t.Fatalf("in cycle %d", i)
		}
		b = b.Again()
	}
	noneLeft(t, goroutines)
	if f := openFiles(t); f > files {
		t.Errorf("%d files open after %d cycles, %d before", f, cycles, files)
	}
	if grown := heapInUse() - heap; grown > 200*cycles {
		t.Errorf("memory grew by %d bytes in %d cycles", grown, cycles)
	}
	_ = b.Line.Close()
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("nobody counts files here: %v", err)
	}
	return len(all)
}

func heapInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first found to be garbage but had to finalise
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
