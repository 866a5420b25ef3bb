package port

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
)

func TestFindSerial(t *testing.T) {
	root := t.TempDir()
	dev, sys := filepath.Join(root, "dev/serial/by-id"), filepath.Join(root, "sys/class/tty")
	put := func(path, content string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	// A modem-class scanner: the tty hangs on the interface.
	link("../../ttyACM0", "dev/serial/by-id/usb-Maker_Scanner_A1-if00")
	put("sys/devices/usb1/1-1/idVendor", "0c2e\n")
	put("sys/devices/usb1/1-1/idProduct", "0b6a\n")
	put("sys/devices/usb1/1-1/manufacturer", "Maker\n")
	put("sys/devices/usb1/1-1/product", "Scanner\n")
	put("sys/devices/usb1/1-1/serial", "A1\n")
	put("sys/devices/usb1/1-1/1-1:1.0/bInterfaceClass", "02\n")
	link(filepath.Join(root, "sys/devices/usb1/1-1/1-1:1.0"), "sys/class/tty/ttyACM0/device")
	// An adapter: one folder further down, and it gives no serial number.
	link("../../ttyUSB3", "dev/serial/by-id/usb-Bridge-if00-port0")
	put("sys/devices/usb1/1-2/idVendor", "10c4\n")
	put("sys/devices/usb1/1-2/idProduct", "ea60\n")
	put("sys/devices/usb1/1-2/1-2:1.0/ttyUSB3/port_number", "0\n")
	link(filepath.Join(root, "sys/devices/usb1/1-2/1-2:1.0/ttyUSB3"), "sys/class/tty/ttyUSB3/device")
	// Gone from sysfs a moment ago.
	link("../../ttyACM9", "dev/serial/by-id/usb-Zombie-if00")

	got, err := findSerial(dev, sys)
	if err != nil {
		t.Fatal(err)
	}
	want := []Found{
		{filepath.Join(dev, "usb-Bridge-if00-port0"), "ttyUSB3", 0x10c4, 0xea60, devices.Plate{}},
		{filepath.Join(dev, "usb-Maker_Scanner_A1-if00"), "ttyACM0", 0x0c2e, 0x0b6a, devices.Plate{Maker: "Maker", Model: "Scanner", Serial: "A1"}},
		{filepath.Join(dev, "usb-Zombie-if00"), "ttyACM9", 0, 0, devices.Plate{}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("findSerial (-want +got):\n%s", d)
	}
	if got, err := findSerial(filepath.Join(root, "none"), sys); got != nil || err != nil {
		t.Errorf("without the folder = %v, %v; want none and no error", got, err)
	}
}
