package hotplug_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"motcua/devices"
	"motcua/devices/hotplug"
	"motcua/devices/hotplug/hotplugtest"
)

const scannerPath = "/devices/pci0/usb1/1-1/1-1:1.0/tty/ttyACM0"

func open(t *testing.T, tree hotplug.Tree, source hotplug.Source) *hotplug.Watcher {
	t.Helper()
	w, err := hotplug.Open(hotplug.Options{Tree: tree, Source: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// udev makes a message as udev would.
func udev(vars ...string) []byte {
	body := strings.Join(vars, "\x00") + "\x00"
	b := append([]byte("libudev\x00"), make([]byte, 32)...)
	binary.BigEndian.PutUint32(b[8:], 0xfeedcafe)
	binary.NativeEndian.PutUint32(b[12:], 40)
	binary.NativeEndian.PutUint32(b[16:], 40)
	binary.NativeEndian.PutUint32(b[20:], uint32(len(body)))
	return append(b, body...)
}

// A scanner comes, is finished by udev and is pulled: each is told once, with
// what it is, and rings the right bell.
func TestComesAndGoes(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	synctest.Test(t, func(t *testing.T) {
		kernel := hotplugtest.NewKernel()
		w := open(t, tree, kernel)
		events := make(chan hotplug.Event, 16)
		ended := make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- w.Watch(ctx, func(e hotplug.Event) { events <- e }) }()
		next := func(want hotplug.Action) hotplug.Event {
			t.Helper()
			e := <-events
			if e.Action != want {
				t.Fatalf("told %v, want %v", e.Action, want)
			}
			return e
		}
		for range 3 { // every time anew
			come, went := w.Come(), w.Went()
			kernel.Send("add@"+scannerPath, "ACTION=add", "DEVPATH="+scannerPath, "SUBSYSTEM=tty", "DEVNAME=ttyACM0", "SEQNUM=7")
			e := next(hotplug.Came)
			if !closed(come) || closed(went) {
				t.Fatal("only the bell for what comes must ring")
			}
			want := devices.Plate{Maker: "Honeywell", Model: "HF680", Serial: "20123A0001"}
			if e.Unit.VID != 0x0c2e || e.Unit.PID != 0x0b6a || e.Unit.Plate != want || e.Unit.Driver != "cdc_acm" || e.Unit.Port != "1-1" {
				t.Fatalf("told %+v", e.Unit)
			}
			come = w.Come()
			kernel.SendRaw(udev("ACTION=add", "DEVPATH="+scannerPath, "SUBSYSTEM=tty", "DEVNAME=/dev/ttyACM0",
				"DEVLINKS=/dev/serial/by-path/x /dev/serial/by-id/y /dev/z"))
			e = next(hotplug.Settled)
			if !closed(come) || cmp.Diff([]string{"/dev/serial/by-id/y", "/dev/serial/by-path/x", "/dev/z"}, e.Unit.Links) != "" {
				t.Fatalf("told %+v", e.Unit)
			}
			come = w.Come()
			kernel.Send("remove@"+scannerPath, "ACTION=remove", "DEVPATH="+scannerPath, "SUBSYSTEM=tty", "DEVNAME=ttyACM0")
			e = next(hotplug.Went)
			if closed(come) || !closed(went) {
				t.Fatal("only the bell for what goes must ring")
			}
			if e.Unit.Plate != want || len(e.Unit.Links) != 3 {
				t.Fatalf("it forgot what went: %+v", e.Unit)
			}
			for _, u := range w.Units() {
				if u.Sys == scannerPath {
					t.Fatal("a unit that went is still listed")
				}
			}
			// udev repeats that; it is no news.
			kernel.SendRaw(udev("ACTION=remove", "DEVPATH="+scannerPath, "SUBSYSTEM=tty", "DEVNAME=/dev/ttyACM0"))
		}
		synctest.Wait()
		if len(events) != 0 {
			t.Errorf("%d events too many", len(events))
		}
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Watch = %v; want the context's own error, bare", err)
		}
	})
}

// A unit that is pulled at once has gone when udev speaks of its coming: that must
// not make it a unit again, or it would be listed until the next start.
func TestUdevIsLate(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	const path = "/devices/pci0/usb1/1-9/1-9:1.0/tty/ttyACM9" // not in the tree: sysfs has forgotten it
	synctest.Test(t, func(t *testing.T) {
		kernel := hotplugtest.NewKernel()
		w := open(t, tree, kernel)
		var told []hotplug.Action
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Watch(ctx, func(e hotplug.Event) { told = append(told, e.Action) }) }()
		before := len(w.Units())
		kernel.Send("add@"+path, "ACTION=add", "DEVPATH="+path, "SUBSYSTEM=tty", "DEVNAME=ttyACM9")
		kernel.Send("remove@"+path, "ACTION=remove", "DEVPATH="+path, "SUBSYSTEM=tty", "DEVNAME=ttyACM9")
		kernel.SendRaw(udev("ACTION=add", "DEVPATH="+path, "SUBSYSTEM=tty", "DEVNAME=/dev/ttyACM9"))
		kernel.SendRaw(udev("ACTION=remove", "DEVPATH="+path, "SUBSYSTEM=tty", "DEVNAME=/dev/ttyACM9"))
		synctest.Wait()
		if now := len(w.Units()); now != before {
			t.Errorf("%d units, %d before it came and went", now, before)
		}
		cancel()
		<-ended
		if d := cmp.Diff([]hotplug.Action{hotplug.Came, hotplug.Went}, told); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})
}

// What is none of ours rings nothing.
func TestPassedOver(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	synctest.Test(t, func(t *testing.T) {
		kernel := hotplugtest.NewKernel()
		w := open(t, tree, kernel)
		go func() {
			_ = w.Watch(t.Context(), func(e hotplug.Event) { t.Errorf("told %+v", e) })
		}()
		come, went := w.Come(), w.Went()
		for _, vars := range [][]string{
			{"ACTION=add", "DEVPATH=/devices/virtual/block/sda", "SUBSYSTEM=block", "DEVNAME=sda"},
			{"ACTION=add", "DEVPATH=/devices/pci0/usb1/1-1/1-1:1.0", "SUBSYSTEM=usb", "DEVTYPE=usb_interface"},
			{"ACTION=bind", "DEVPATH=/devices/pci0/usb1/1-1", "SUBSYSTEM=usb", "DEVTYPE=usb_device"},
			{"ACTION=change", "DEVPATH=" + scannerPath, "SUBSYSTEM=tty", "DEVNAME=ttyACM0"},
			{"ACTION=add", "DEVPATH=/devices/pci0/usb1/1-2", "SUBSYSTEM=usb", "DEVTYPE=usb_device"},                                       // the hub
			{"ACTION=remove", "DEVPATH=/devices/pci0/usb1/9", "SUBSYSTEM=usb", "DEVTYPE=usb_device", "TYPE=9/0/1", "PRODUCT=5e3/608/100"}, // a hub
			{"ACTION=add", "DEVPATH=/devices/pci0/sound/card0/pcmC0D0p", "SUBSYSTEM=sound", "DEVNAME=snd/pcmC0D0p"},
			{"ACTION=add", "DEVPATH=relative", "SUBSYSTEM=tty", "DEVNAME=x"},
		} {
			kernel.Send("add@/x", vars...)
		}
		kernel.SendRaw([]byte("libudev\x00\xfe\xed\xca"))
		kernel.SendRaw(nil)
		synctest.Wait()
		if closed(come) || closed(went) {
			t.Error("a bell rang")
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// After lost messages everything is looked at anew, and everybody is woken.
func TestMissed(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	synctest.Test(t, func(t *testing.T) {
		kernel := hotplugtest.NewKernel()
		w := open(t, tree, kernel)
		before := len(w.Units())
		if err := os.Remove(filepath.Join(tree.Sys, "class/usbmisc/lp0")); err != nil {
			t.Fatal(err)
		}
		come, went := w.Come(), w.Went()
		told := make(chan hotplug.Event, 1)
		ended := make(chan error)
		go func() { ended <- w.Watch(t.Context(), func(e hotplug.Event) { told <- e }) }()
		kernel.Lose()
		if e := <-told; e.Action != hotplug.Missed {
			t.Errorf("told %v", e)
		}
		if !closed(come) || !closed(went) {
			t.Error("not both bells rang")
		}
		if after := len(w.Units()); after != before-1 {
			t.Errorf("%d units, then %d: not looked at anew", before, after)
		}
		_ = w.Close()
		if err := <-ended; !errors.Is(err, devices.ErrClosed) {
			t.Errorf("Watch after Close = %v", err)
		}
	})
}

// A station without a watcher asks the same questions and hears nothing.
func TestNilWatcher(t *testing.T) {
	var w *hotplug.Watcher
	if w.Come() != nil || w.Went() != nil || w.Units() != nil || w.Close() != nil {
		t.Error("a nil watcher says something")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Watch(ctx, nil); err != context.Canceled {
		t.Errorf("Watch = %v", err)
	}
}

// The real kernel: a message that it was asked to send arrives, in time; one that
// another program made up does not.
func TestKernel(t *testing.T) {
	const uevent = "/sys/class/tty/ptmx/uevent"
	if f, err := os.OpenFile(uevent, os.O_WRONLY, 0); err != nil {
		t.Skipf("the kernel cannot be asked for a message: %v", err)
	} else {
		_ = f.Close()
	}
	w, err := hotplug.Open(hotplug.Options{})
	if err != nil {
		t.Skipf("no uevents here: %v", err)
	}
	defer w.Close()
	events := make(chan hotplug.Event, 64)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- w.Watch(ctx, func(e hotplug.Event) {
			select {
			case events <- e:
			default:
			}
		})
	}()
	const forged = "/devices/virtual/tty/forged"
	forge(t, "add@"+forged+"\x00ACTION=add\x00DEVPATH="+forged+"\x00SUBSYSTEM=tty\x00DEVNAME=forged\x00")
	come, began := w.Come(), time.Now()
	if err := os.WriteFile(uevent, []byte("add"), 0); err != nil {
		t.Skipf("the kernel cannot be asked for a message: %v", err)
	}
	limit := time.After(10 * time.Second)
	select {
	case <-come:
		t.Logf("rang after %v", time.Since(began))
	case <-limit:
		t.Fatal("the bell does not ring")
	}
	for {
		select {
		case e := <-events:
			if strings.Contains(e.Unit.Sys, "forged") {
				t.Fatal("a message of another program was believed")
			}
			if e.Action == hotplug.Came && e.Unit.Node == "/dev/ptmx" {
				cancel()
				if err := <-ended; err != context.Canceled {
					t.Errorf("Watch = %v", err)
				}
				return
			}
		case <-limit:
			t.Fatal("not told")
		}
	}
}

// forge sends what looks like the kernel's word, where that is allowed.
func forge(t *testing.T, message string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, []byte(message), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}); err != nil {
		t.Logf("cannot forge: %v", err)
	}
}

// Opening, waiting and closing leaves nothing behind.
func TestNothingLeft(t *testing.T) {
	if w, err := hotplug.Open(hotplug.Options{}); err != nil {
		t.Skipf("no uevents here: %v", err)
	} else if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	count := func() (fds int) {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	goroutines, fds := runtime.NumGoroutine(), count()
	for i := range 60 {
		w, err := hotplug.Open(hotplug.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Watch(ctx, nil) }()
		if i%2 == 0 {
			cancel()
			if err := <-ended; err != context.Canceled {
				t.Fatalf("Watch = %v", err)
			}
			_ = w.Close()
		} else {
			_ = w.Close()
			if err := <-ended; !errors.Is(err, devices.ErrClosed) {
				t.Fatalf("Watch = %v", err)
			}
			cancel()
		}
		if err := w.Close(); err != nil {
			t.Fatalf("second Close: %v", err)
		}
	}
	// A goroutine that has told its end may still be on its way out.
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		runtime.Gosched()
	}
	if g, f := runtime.NumGoroutine(), count(); g > goroutines || f > fds {
		t.Errorf("%d goroutines and %d files before, %d and %d after", goroutines, fds, g, f)
	}
}

func ExampleTree_Find() {
	_, err := hotplug.Tree{}.Find("usb:04b8:ffff", "usbmisc")
	fmt.Println(err)
	// Output: unit gone: nothing with the ids of usb:04b8:ffff is plugged in
}
