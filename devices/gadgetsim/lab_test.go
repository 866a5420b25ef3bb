package gadgetsim_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"motcua/devices/gadgetsim"
)

// The tests named TestLab run in a virtual machine: scripts/lab/run.sh.

// TestLabPulledInTheMiddle: a printer is unplugged while it has read a part of what it
// was sent. Plugged in again it reads what it is sent then, from its first byte.
func TestLabPulledInTheMiddle(t *testing.T) {
	u := gadgetsim.New(t, gadgetsim.Printer())
	for round := range 10 {
		sent := bytes.Repeat([]byte{byte(round + 1)}, 20_000)
		computer, err := os.OpenFile(u.Node(), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		written := make(chan error, 1)
		go func() {
			_, err := computer.Write(sent)
			written <- err
		}()
		got := make([]byte, 1+2000*(round%5))
		if _, err := io.ReadFull(u.Far(), got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, sent[:len(got)]) {
			t.Fatalf("round %d: read %d and so on", round+1, got[0])
		}
		u.Unplug()
		select {
		case <-written: // some of it, or all into the kernel
		case <-time.After(20 * time.Second):
			t.Fatal("a write to a unit that is gone does not end")
		}
		if err := computer.Close(); err != nil {
			t.Fatal(err)
		}
		u.Plug()
	}
}
