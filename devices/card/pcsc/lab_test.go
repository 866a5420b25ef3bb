package pcsc_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card/pcsc"
)

// The tests named TestLab run in a virtual machine: scripts/lab/run.sh. There a CCID
// reader is on USB (QEMU's usb-ccid). The tests of this file have no card daemon.

const busUSB = "/sys/bus/usb/devices"

func ccid(u pcsc.Unit) bool { return u.Vendor == "08e6" && u.Product == "4433" }

func inLab(t *testing.T) {
	t.Helper()
	if os.Getenv("MOTCUA_LAB") == "" {
		t.Skip("needs the lab's virtual machine: scripts/lab/run.sh")
	}
}

// listed waits until the reader is listed, or is not.
func listed(t *testing.T, want bool) {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		all, err := pcsc.OnUSB(busUSB)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(all, ccid) == want {
			return
		}
		select {
		case <-late:
			t.Fatalf("OnUSB = %+v; want the reader there: %v", all, want)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// authorize lets the kernel have the reader, with "1", or takes it away, with "0".
func authorize(t *testing.T, on string) {
	t.Helper()
	all, _ := filepath.Glob(busUSB + "/*/idVendor")
	for _, path := range all {
		if b, _ := os.ReadFile(path); string(b) == "08e6\n" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "authorized"), []byte(on), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// The reader is seen, and not once its interface is taken away, and again after.
func TestLabReaderOnUSB(t *testing.T) {
	inLab(t)
	listed(t, true)
	for range 3 {
		for _, on := range []string{"0", "1"} {
			authorize(t, on)
			listed(t, on == "1")
		}
	}
	if r, err := pcsc.Open(t.Context(), pcsc.Options{Unit: "card"}); err == nil {
		_ = r.Close()
		t.Error("opened without a card daemon")
	} else if named := new(devices.Error); !errors.As(err, &named) || named.Unit != "card" {
		t.Errorf("Open = %v; want the unit named", err)
	} else {
		t.Log(err)
	}
}
