package serial_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/devices/barcode/barcodetest"
	"motcua/devices/barcode/serial"
	"motcua/devices/gadgetsim"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the driver meets cdc_acm.

// byID gives a unit's node a stable name, as udev does.
func byID(t *testing.T, u *gadgetsim.Unit) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "usb-Lab_Serial_unit_LAB0001-if00")
	if err := os.Symlink(u.Node(), link); err != nil {
		t.Fatal(err)
	}
	return link
}

func TestLabScanner(t *testing.T) {
	barcodetest.Run(t, func(t *testing.T) barcodetest.Bench {
		u := gadgetsim.New(t, gadgetsim.ACM())
		// The pauses are long, so that a busy machine does not make one.
		scanner, err := serial.Open(t.Context(), serial.Options{Unit: "scanner", Path: byID(t, u), Gap: 5 * time.Second, Repeat: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		send := func(s string) {
			if _, err := u.Far().Write([]byte(s)); err != nil {
				t.Errorf("the unit cannot send: %v", err)
			}
		}
		return barcodetest.Bench{
			Scanner: scanner,
			Unit:    "scanner",
			Scan:    func(content string) { send(content + "\r\n") },
			Half: func(content string) func() {
				send(content[:40])
				return func() { send(content[40:] + "\r") }
			},
			Flood:  func() { send(strings.Repeat("x", 20_000) + "\r") },
			Repeat: time.Second,
			Unplug: u.Unplug,
		}
	})
}
