package port_test

import (
	"context"
	"testing"
	"time"

	"motcua/devices/gadgetsim"
	"motcua/devices/port"
	"motcua/devices/port/porttest"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the lines meet cdc_acm and usblp.

// onUSB opens lines to units by their USB name, whatever node they get. A test that
// wants many benches has the same unit on each, as the computer has few sockets.
func onUSB(k gadgetsim.Kind) func(*testing.T) porttest.Bench {
	units := map[*testing.T]*gadgetsim.Unit{}
	return func(t *testing.T) porttest.Bench {
		u := units[t]
		if u == nil {
			u = gadgetsim.New(t, k)
			units[t] = u
		}
		var bench func() porttest.Bench
		bench = func() porttest.Bench {
			u.Plug()
			line, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: k.Name()})
			if err != nil {
				t.Fatal(err)
			}
			return porttest.Bench{Line: line, Unit: "unit", Far: u.Far(), Unplug: u.Unplug, Again: bench, Cycles: 4}
		}
		return bench()
	}
}

func TestLabSerial(t *testing.T) {
	porttest.Run(t, onUSB(gadgetsim.ACM()))
}

func TestLabPrinter(t *testing.T) {
	porttest.Run(t, onUSB(gadgetsim.Printer()))
}

// Pulled and put back ten times: how soon a waiting Read is told, and how soon the
// line is there again.
func TestLabReplug(t *testing.T) {
	for name, k := range map[string]gadgetsim.Kind{"serial": gadgetsim.ACM(), "printer": gadgetsim.Printer()} {
		t.Run(name, func(t *testing.T) {
			u := gadgetsim.New(t, k)
			var noticed, back time.Duration
			for range 10 {
				line, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: k.Name()})
				if err != nil {
					t.Fatal(err)
				}
				told := make(chan time.Time, 1)
				go func() { _, _ = line.Read(t.Context(), make([]byte, 1)); told <- time.Now() }()
				pulled := time.Now()
				u.Pull()
				noticed = max(noticed, (<-told).Sub(pulled))
				_ = line.Close()
				u.Unplug()
				put := time.Now()
				u.Plug()
				if line, err = port.Open(t.Context(), port.Options{Unit: "unit", Port: k.Name()}); err != nil {
					t.Fatal(err)
				}
				if _, err := u.Far().Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				if _, err := line.Read(t.Context(), make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				back = max(back, time.Since(put))
				_ = line.Close()
			}
			t.Logf("10 rounds: unplugging noticed after %v at most, first byte %v at most after plugging in",
				noticed.Round(time.Millisecond), back.Round(time.Millisecond))
			if noticed > 2*time.Second || back > 5*time.Second {
				t.Error("the bars are 2 s and 5 s")
			}
		})
	}
}

// A unit that takes no bytes any more does not hold up Close, though the kernel
// would wait for it.
func TestLabStalledClose(t *testing.T) {
	for name, k := range map[string]gadgetsim.Kind{"serial": gadgetsim.ACM(), "printer": gadgetsim.Printer()} {
		t.Run(name, func(t *testing.T) {
			gadgetsim.New(t, k)
			for range 2 { // also opened again at once
				line, err := port.Open(t.Context(), port.Options{Unit: "unit", Port: k.Name()})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				n, err := line.Write(ctx, make([]byte, 1<<20))
				cancel()
				if err != context.DeadlineExceeded {
					t.Fatalf("Write = %d, %v", n, err)
				}
				start := time.Now()
				if err := line.Close(); err != nil {
					t.Errorf("Close = %v", err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("the unit took %d bytes, and Close %v", n, took)
				}
			}
		})
	}
}
