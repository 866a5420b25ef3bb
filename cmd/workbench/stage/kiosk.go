package stage

import (
	"context"
	"fmt"
	"image"
	"os"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/kiosk/hatch"
)

// StartKiosk starts the kiosk, after KillKiosk or EndKiosk again, and returns once
// it shows a screen. What it has of peripherals, AwaitUnits waits for.
func (s *Stage) StartKiosk(ctx context.Context) error {
	if err := s.LaunchKiosk(); err != nil {
		return err
	}
	return s.AwaitScreen(ctx)
}

// LaunchKiosk is StartKiosk that does not wait.
func (s *Stage) LaunchKiosk() error {
	env := []string{
		"DISPLAY=" + s.Display.Name(),
		"ALSA_CONFIG_PATH=" + desk.PortsOf(s.path("desk")).ALSA,
		"PCSCLITE_CSOCK_NAME=" + desk.PortsOf(s.path("desk")).Card,
		"LIBGL_ALWAYS_SOFTWARE=1",
		"WAYLAND_DISPLAY=", "XDG_SESSION_TYPE=x11",
	}
	p, err := launch(s.path("log"), "kiosk", env, s.bin("kiosk"), "--config", s.path("kiosk.toml"))
	if err != nil {
		return err
	}
	if s.kiosk == nil {
		s.later(func() error { return s.kiosk.end() })
	}
	s.kiosk = p
	s.mu.Lock()
	s.at = image.Rectangle{}
	s.mu.Unlock()
	return nil
}

// AwaitScreen returns once the kiosk shows a screen.
func (s *Stage) AwaitScreen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	return s.kiosk.ready(ctx, func(ctx context.Context) error {
		_, err := s.Hatch.Screen(ctx, 0)
		return err
	})
}

// AwaitUnits returns once the kiosk has every one of its peripherals that is
// plugged in. Before that a code that is scanned is lost, and a visitor with a card
// served as if there were no reader.
func (s *Stage) AwaitUnits(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	state, err := s.Desk.State(ctx)
	if err != nil {
		return err
	}
	return s.awaitStatus(ctx, func(status hatch.Status) error {
		for _, p := range status.Peripherals {
			if plugged(state.Hands, p.Thing) && (!p.Fine || p.State == unknown) {
				return fmt.Errorf("the kiosk has no %s yet: %s", p.Name, p.State)
			}
		}
		return nil
	})
}

// AwaitDelivery returns once nothing in the outbox waits to be sent.
func (s *Stage) AwaitDelivery(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	return s.awaitStatus(ctx, func(status hatch.Status) error {
		if n := status.Outbox.Waiting; n > 0 {
			return fmt.Errorf("%d submissions wait in the outbox", n)
		}
		return nil
	})
}

// awaitStatus returns once the kiosk's status has nothing that lacks.
func (s *Stage) awaitStatus(ctx context.Context, lacks func(hatch.Status) error) error {
	return s.kiosk.ready(ctx, func(ctx context.Context) error {
		status, err := s.Hatch.Status(ctx)
		if err != nil {
			return err
		}
		return lacks(status)
	})
}

// unknown is the state of a unit that was not looked at yet, which is fine, too.
const unknown = "unknown"

// plugged tells whether a thing of the configuration is plugged in.
func plugged(h desk.Hands, thing string) bool {
	switch thing {
	case "barcode":
		return h.Scanner
	case "receipt":
		return h.Printer && h.Paper != desk.Out && !h.Cover && !h.Jam && !h.Mute
	case "sound":
		return h.Speaker
	case "card":
		return h.Reader
	}
	return false
}

// Options tells what was put on.
func (s *Stage) Options() Options { return s.opts }

// KioskEnded is closed once the kiosk has ended, by itself or not.
func (s *Stage) KioskEnded() <-chan struct{} { return s.kiosk.done }

// KioskFell tells whether the kiosk was killed, once it has ended.
func (s *Stage) KioskFell() bool { return s.kiosk.fell() }

// KioskPID is the kiosk's process.
func (s *Stage) KioskPID() int { return s.kiosk.cmd.Process.Pid }

// KioskCPU is the time that the kiosk has computed so far.
func (s *Stage) KioskCPU() (time.Duration, error) { return s.kiosk.cpu() }

// KioskMemory is what the kiosk holds resident now, in bytes.
func (s *Stage) KioskMemory() (int64, error) { return s.kiosk.memory() }

// KillKiosk cuts the kiosk's power.
func (s *Stage) KillKiosk() error { return s.kiosk.kill() }

// EndKiosk has the kiosk end in order, and returns once it has.
func (s *Stage) EndKiosk() error { return s.kiosk.end() }

// KioskLog gives the kiosk's log so far.
func (s *Stage) KioskLog() (string, error) {
	b, err := os.ReadFile(s.path("log", "kiosk.log"))
	return string(b), err
}

// Data is the folder of the kiosk's outbox and journal.
func (s *Stage) Data() string { return s.path("data") }

// Disk is where all lies that the kiosk writes: its data, its log, its
// configuration and the folder of its socket's lock.
func (s *Stage) Disk() []string {
	return []string{s.path("data"), s.path("log", "kiosk.log"), s.path("kiosk.toml"), s.Socket() + ".lock"}
}
