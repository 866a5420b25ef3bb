package port

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"motcua/devices"
)

// Found is a serial unit that is plugged in.
type Found struct {
	Path     string // the stable name, for the configuration
	Node     string // what it points to now: ttyACM0
	VID, PID uint16 // USB ids; 0 if it is not on USB
	Plate    devices.Plate
}

// FindSerial lists the serial units on USB by their stable names, sorted. It
// reads names and what the kernel already knows; it opens no line. To open them
// all and see, as serial.GetPortsList does, resets lines that are in use.
func FindSerial() ([]Found, error) { return findSerial("/dev/serial/by-id", "/sys/class/tty") }

func findSerial(byID, sys string) ([]Found, error) {
	names, err := os.ReadDir(byID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // udev makes the folder with the first unit
	}
	if err != nil {
		return nil, err
	}
	var all []Found
	for _, name := range names {
		f := Found{Path: filepath.Join(byID, name.Name())}
		target, err := os.Readlink(f.Path)
		if err != nil {
			continue // unplugged since
		}
		f.Node = filepath.Base(target)
		f.look(filepath.Join(sys, f.Node, "device"))
		all = append(all, f)
	}
	return all, nil
}

// look fills in what sysfs tells. device is the USB interface or, for adapters,
// one folder further down; the plate is on the USB device above.
func (f *Found) look(device string) {
	dir, err := filepath.EvalSymlinks(device)
	if err != nil {
		return
	}
	for range 4 {
		if vid := attribute(dir, "idVendor"); vid != "" {
			f.VID, f.PID = hex16(vid), hex16(attribute(dir, "idProduct"))
			f.Plate = devices.Plate{
				Maker: attribute(dir, "manufacturer"), Model: attribute(dir, "product"), Serial: attribute(dir, "serial"),
			}
			return
		}
		dir = filepath.Dir(dir)
	}
}

func attribute(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func hex16(s string) uint16 {
	n, _ := strconv.ParseUint(s, 16, 16)
	return uint16(n)
}
