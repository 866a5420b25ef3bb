package hotplug_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"motcua/devices"
	"motcua/devices/hotplug"
	"motcua/devices/hotplug/hotplugtest"
)

// What stands on the desk is listed, each with its plate and its stable name; no
// hub, no console, no port without a chip.
func TestUnits(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	all, err := tree.Units()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range all {
		name := hotplug.NameOf(u, all).String()
		got = append(got, strings.Join([]string{u.Subsystem, strings.TrimPrefix(u.Node, tree.Dev), u.Driver, u.Plate.Model,
			strings.TrimPrefix(name, tree.Dev)}, " | "))
	}
	want := []string{
		"sound | /snd/controlC0 |  |  | /snd/controlC0",
		"usb | /bus/usb/001/002 |  | HF680 | usb:0c2e:0b6a:20123A0001",
		"tty | /ttyACM0 | cdc_acm | HF680 | /serial/by-id/usb-Honeywell_HF680_20123A0001-if00",
		"usb | /bus/usb/001/004 |  | TM-T20II | usb:04b8:0e15:J5%3AXK%4012",
		"usbmisc | /usb/lp0 | usblp | TM-T20II | usb:04b8:0e15:J5%3AXK%4012",
		"usb | /bus/usb/001/005 |  | NLS-FM430 | usb:1eab:0010@1-3",
		"hidraw | /hidraw0 | usbhid | NLS-FM430 | usb:1eab:0010@1-3#00",
		"usb | /bus/usb/001/006 |  | NLS-FM430 | usb:1eab:0010@1-4",
		"hidraw | /hidraw1 | usbhid | NLS-FM430 | usb:1eab:0010@1-4#00",
		"usb | /bus/usb/001/007 |  | CP2102 USB to UART | usb:10c4:ea60",
		"tty | /ttyUSB0 | cp210x | CP2102 USB to UART | usb:10c4:ea60",
		"tty | /ttyS0 |  |  | /ttyS0",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("Units gives\n%s\nwant\n%s", g, w)
	}
	// Every name finds the unit that it was made for.
	for _, u := range all {
		name := hotplug.NameOf(u, all).String()
		if u.Subsystem == "sound" {
			continue // its node is not in the recorded /dev
		}
		if found, err := tree.Find(name, u.Subsystem); err != nil || found.Sys != u.Sys {
			t.Errorf("Find(%s) = %s, %v; want %s", name, found.Sys, err, u.Sys)
		}
	}
}

// Two equal serial scanners without serial numbers share one link by id, which the
// last to come has: neither is named by it.
func TestTwins(t *testing.T) {
	var twins strings.Builder
	for i, socket := range []string{"1-7", "1-8"} {
		fmt.Fprintf(&twins, `
sys/devices/usb1/%[1]s/idVendor = 1eab
sys/devices/usb1/%[1]s/idProduct = 1d06
sys/devices/usb1/%[1]s/1:1.0/bInterfaceNumber = 00
sys/devices/usb1/%[1]s/1:1.0/tty/ttyACM%[2]d/uevent = DEVNAME=ttyACM%[2]d
sys/class/tty/ttyACM%[2]d -> sys/devices/usb1/%[1]s/1:1.0/tty/ttyACM%[2]d
dev/ttyACM%[2]d = node
dev/serial/by-path/usb-%[1]s -> dev/ttyACM%[2]d
`, socket, i)
	}
	tree := hotplugtest.Plant(t, twins.String()+"dev/serial/by-id/usb-FM430-if00 -> dev/ttyACM1\n")
	all, err := tree.Units()
	if err != nil || len(all) != 2 {
		t.Fatalf("%d units, %v", len(all), err)
	}
	for _, u := range all {
		if got, want := hotplug.NameOf(u, all).String(), tree.Dev+"/serial/by-path/usb-"+u.Port; got != want {
			t.Errorf("the scanner in %s is named %s, want %s", u.Port, got, want)
		}
		if got, want := hotplug.NameOf(u, []hotplug.Unit{u}).String(), "by-id"; u.Port == "1-8" && !strings.Contains(got, want) {
			t.Errorf("alone it is named %s, want its link by id", got)
		}
	}
}

func TestFind(t *testing.T) {
	tree := hotplugtest.Plant(t, hotplugtest.Desk)
	dev := tree.Dev
	file := filepath.Join(t.TempDir(), "pty")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, subsystem string
		node            string
		err             error
		says            string
	}{
		{dev + "/ttyACM0", "", dev + "/ttyACM0", nil, ""},
		{dev + "/serial/by-path/pci-0-usb-0:1:1.0", "tty", dev + "/ttyACM0", nil, ""},
		{"usb:04b8:0e15", "usbmisc", dev + "/usb/lp0", nil, ""},
		{"usb:04b8:0e15:J5%3AXK%4012@1-2.3#00", "usbmisc", dev + "/usb/lp0", nil, ""},
		{"usb:1eab:0010@1-4", "hidraw", dev + "/hidraw1", nil, ""},
		{file, "", file, nil, ""},
		{"usb:1eab:0010", "hidraw", "", devices.ErrRefused, "usb:1eab:0010@1-3#00 usb:1eab:0010@1-4#00"},
		{"usb:1eab:0010:none", "hidraw", "", devices.ErrGone, ""},
		{"usb:04b8:0e15#01", "usbmisc", "", devices.ErrGone, ""},
		{"usb:04b8:0e15", "tty", "", devices.ErrGone, "plugged in"},
		{dev + "/ttyACM7", "", "", devices.ErrGone, "ttyACM7"},
		{"COM3", "", "", devices.ErrRefused, "usb:VENDOR:PRODUCT"},
	} {
		u, err := tree.Find(c.name, c.subsystem)
		if u.Node != c.node || !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("Find(%s, %q) = %q, %v; want %q, %v saying %q", c.name, c.subsystem, u.Node, err, c.node, c.err, c.says)
		}
	}
}

func TestParseNameRefuses(t *testing.T) {
	for _, s := range []string{"", "usb:", "usb:1:2", "usb:04b8", "usb:04b8:0e15:", "usb:04b8:0e15@", "usb:04b8:0e15#1", "usb:04b8:0e15#zz",
		"usb:04b8:0e15:a:b", "usb:04b8:zzzz", "usb:04b8:0e15:%zz", "ttyUSB0"} {
		if n, err := hotplug.ParseName(s); err == nil {
			t.Errorf("ParseName(%q) = %+v", s, n)
		}
	}
}

// A name that was written is the name that is read.
func TestNameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := hotplug.Name{VID: rapid.Uint16().Draw(t, "vid"), PID: rapid.Uint16().Draw(t, "pid"), Serial: rapid.String().Draw(t, "serial"),
			Port: rapid.StringMatching(`([0-9]-[0-9](\.[0-9])?)?`).Draw(t, "port"), Interface: rapid.IntRange(-1, 255).Draw(t, "interface")}
		got, err := hotplug.ParseName(n.String())
		if err != nil || got != n {
			t.Fatalf("ParseName(%q) = %+v, %v; want %+v", n, got, err, n)
		}
	})
}
