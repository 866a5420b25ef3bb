package hotplug_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"motcua/devices/gadgetsim"
	"motcua/devices/hotplug"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the watcher hears a USB bus.

// A unit is plugged in and pulled five times: each is heard once, with its node,
// under its name, and soon.
func TestLabComesAndGoes(t *testing.T) {
	for _, c := range []struct {
		kind      gadgetsim.Kind
		subsystem string
		driver    string
	}{{gadgetsim.ACM(), "tty", "cdc_acm"}, {gadgetsim.Printer(), "usbmisc", "usblp"}} {
		t.Run(c.driver, func(t *testing.T) {
			u := gadgetsim.New(t, c.kind)
			u.Unplug()
			w, err := hotplug.Open(hotplug.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			heard := make(chan hotplug.Event, 100)
			ended := make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { ended <- w.Watch(ctx, func(e hotplug.Event) { heard <- e }) }()
			// next waits for an event of the unit's node.
			next := func(want hotplug.Action) hotplug.Unit {
				t.Helper()
				for late := time.After(10 * time.Second); ; {
					select {
					case e := <-heard:
						if e.Unit.Subsystem != c.subsystem || e.Unit.VID != gadgetsim.VID {
							continue
						}
						if e.Action != want {
							t.Fatalf("heard %v of %s; want %v", e.Action, e.Unit.Node, want)
						}
						return e.Unit
					case <-late:
						t.Fatalf("did not hear %v", want)
					}
				}
			}
			var coming, going time.Duration
			for range 5 {
				start := time.Now()
				u.Plug()
				got := next(hotplug.Came)
				coming = max(coming, time.Since(start))
				if got.Node != u.Node() || got.Driver != c.driver || got.Plate.Maker != "Lab" || got.Plate.Serial != "LAB0001" {
					t.Errorf("heard of %+v; want %s with driver and plate", got, u.Node())
				}
				if found, err := (hotplug.Tree{}).Find(c.kind.Name(), c.subsystem); err != nil || found.Node != got.Node {
					t.Errorf("Find = %s, %v; want %s", found.Node, err, got.Node)
				}
				start = time.Now()
				u.Unplug()
				next(hotplug.Went)
				going = max(going, time.Since(start))
				if slices.ContainsFunc(w.Units(), func(k hotplug.Unit) bool { return k.Node == got.Node }) {
					t.Errorf("%s is still listed", got.Node)
				}
			}
			cancel()
			if err := <-ended; err != context.Canceled {
				t.Errorf("Watch = %v", err)
			}
			t.Logf("%s: heard %v after plugging in at most, %v after pulling", c.driver, coming.Round(time.Millisecond), going.Round(time.Millisecond))
			if coming > 5*time.Second || going > 2*time.Second {
				t.Error("the bars are 5 s and 2 s")
			}
		})
	}
}
