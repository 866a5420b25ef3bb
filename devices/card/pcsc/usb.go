package pcsc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Unit is a card reader that the kernel sees on USB.
type Unit struct {
	Vendor, Product string // as in 072f:2200
	Plate           string // what it says of itself; "" if nothing
	Holder          string // the kernel's driver that holds it; "" = none
}

// String names it as `lsusb` does, and who holds it.
func (u Unit) String() string {
	s := strings.TrimSpace(fmt.Sprintf("%s:%s %s", u.Vendor, u.Product, u.Plate))
	if u.Holder != "" {
		s += ", held by the kernel's " + u.Holder
	}
	return s
}

// cardClass is the class of interfaces of card readers (USB-IF, CCID 1.1, 4.4), and
// makers those who make little else, some of whose readers have an interface of
// their own class (libccid, readers/supported_readers.txt; acsccid).
const cardClass = "0b"

var makers = []string{"072f", "076b", "04e6", "08e6"} // ACS, OmniKey, Identiv, Gemalto

// readers' interfaces of no class that others use: none said, or the maker's own.
var ownClass = []string{"00", "ff"}

// OnUSB looks for card readers in the kernel's folder of USB devices, most times
// /sys/bus/usb/devices. A computer without that folder has no USB.
func OnUSB(folder string) ([]Unit, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Unit
	for _, e := range entries {
		device, _, isInterface := strings.Cut(e.Name(), ":") // as in 1-1.2:1.0
		if !isInterface {
			continue
		}
		at, of := filepath.Join(folder, e.Name()), filepath.Join(folder, device)
		vendor, class := attribute(of, "idVendor"), attribute(at, "bInterfaceClass")
		if class != cardClass && !(slices.Contains(makers, vendor) && slices.Contains(ownClass, class)) {
			continue
		}
		u := Unit{
			Vendor: vendor, Product: attribute(of, "idProduct"),
			Plate: strings.TrimSpace(attribute(of, "manufacturer") + " " + attribute(of, "product")),
		}
		// A program such as the card daemon holds it by usbfs.
		if holder, err := os.Readlink(filepath.Join(at, "driver")); err == nil && filepath.Base(holder) != "usbfs" {
			u.Holder = filepath.Base(holder)
		}
		list = append(list, u)
	}
	return slices.Compact(list), nil
}

// attribute reads what the kernel tells of a device. It is gone with the device,
// which may be now.
func attribute(folder, name string) string {
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
