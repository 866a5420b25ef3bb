package pcsc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/devices/card/cardsim"
	"motcua/devices/card/cardtest"
	"motcua/devices/card/pcsc"
)

// TestLabInspections inspects cards in a CCID reader on USB, behind the real driver
// and the real daemon.
func TestLabInspections(t *testing.T) { cardtest.RunInspections(t, onCCID, cardtest.Few) }

// onCCID starts the daemon, with QEMU's reader plugged in.
func onCCID(t *testing.T) cardtest.Bench {
	t.Helper()
	inLab(t)
	s := openSlot(t)
	startDaemon(t)
	r := readerOnUSB(t)
	return cardtest.Bench{
		Reader: r, Unit: "chip", Single: true, Patience: 20 * time.Second,
		Lay: func(c *cardsim.Chip) { s.lay(t, c) }, Lift: s.lift,
	}
}

// startDaemon starts pcscd; it is killed at the test's end.
func startDaemon(t *testing.T) {
	t.Helper()
	binary, err := exec.LookPath("pcscd")
	if err != nil {
		t.Skip("the computer that made the lab has no pcscd")
	}
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--foreground", os.Getenv("PCSCD_LEVEL"))
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = output.Close()
		if b, err := os.ReadFile(output.Name()); t.Failed() && len(b) > 0 {
			t.Logf("pcscd: %s %v", b, err)
		}
	})
}

// readerOnUSB waits until the daemon has the reader.
func readerOnUSB(t *testing.T) *pcsc.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		r, err := pcsc.Open(ctx, pcsc.Options{Unit: "chip"})
		if err == nil {
			t.Cleanup(func() { _ = r.Close() })
			return r
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// slot is the reader's, with hands.
type slot struct {
	port   *os.File
	cancel context.CancelFunc
	served sync.WaitGroup
}

func openSlot(t *testing.T) *slot {
	t.Helper()
	all, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, name := range all {
		if b, err := os.ReadFile(name); err != nil || string(b) != "card\n" {
			continue
		}
		port, err := os.OpenFile(filepath.Join("/dev", filepath.Base(filepath.Dir(name))), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := &slot{port: port}
		t.Cleanup(func() {
			s.lift()
			_ = port.Close()
		})
		return s
	}
	t.Fatalf("no way to the reader's slot in %q", all)
	return nil
}

func (s *slot) lay(t *testing.T, c *cardsim.Chip) {
	s.lift()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.served.Go(func() {
		if err := cardsim.ServePassthru(ctx, s.port, c); err != nil && !errors.Is(err, ctx.Err()) {
			t.Log(err)
		}
	})
}

func (s *slot) lift() {
	if s.cancel != nil {
		s.cancel()
		s.served.Wait()
		s.cancel = nil
	}
}
