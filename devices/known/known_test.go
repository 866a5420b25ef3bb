package known_test

import (
	_ "embed" // the recorded desk
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/devices/barcode/serial"
	"motcua/devices/hotplug"
	"motcua/devices/hotplug/hotplugtest"
	"motcua/devices/known"
	"motcua/devices/receipt/escpos"
)

var update = flag.Bool("update", false, "write the golden files")

//go:embed testdata/ward.txt
var ward string

func list(t *testing.T) known.List {
	t.Helper()
	l, err := known.Known()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// What a desk holds is named, each part of it said, and a driver found for all
// that the station can use.
func TestLook(t *testing.T) {
	tree := hotplugtest.Plant(t, ward)
	finds, err := list(t).Look(tree)
	if err != nil {
		t.Fatal(err)
	}
	var w strings.Builder
	for _, f := range finds {
		fmt.Fprintf(&w, "%s | %s | %s\n", f.Title(), f.IDs(), f.Socket)
		for _, a := range f.Faces {
			fmt.Fprintf(&w, "    %v\n", a)
		}
		for _, each := range f.Fits {
			fmt.Fprintf(&w, "  fits %+v\n", each)
		}
		if f.Try != "" {
			fmt.Fprintf(&w, "  try %s\n", f.Try)
		}
	}
	golden(t, "testdata/ward.golden", strings.ReplaceAll(w.String(), tree.Dev, "/dev"))
}

// Two of a kind without serial numbers are told apart by their sockets.
func TestLookAtTwins(t *testing.T) {
	finds, err := list(t).Look(hotplugtest.Plant(t, hotplugtest.Desk))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(finds, func(f known.Find) bool { return f.IDs() == "04b8:0e15" })
	if i < 0 || len(finds[i].Fits) != 1 || finds[i].Fits[0].Port != "usb:04b8:0e15:J5%3AXK%4012" {
		t.Errorf("the printer: %+v", finds[i])
	}
	var sockets []string
	for _, f := range finds {
		if f.VID == 0x1eab {
			sockets = append(sockets, f.Socket)
		}
	}
	for _, f := range finds {
		if f.VID == 0x1eab && !strings.Contains(f.Try, "cannot tell apart") {
			t.Errorf("%s says %q", f.Socket, f.Try)
		}
	}
	if !slices.Equal(sockets, []string{"1-3", "1-4"}) {
		t.Errorf("the twins are in %q", sockets)
	}
}

// A driver that takes paths only gets the one that stays the same, and what must be
// known of it is told.
func TestPaths(t *testing.T) {
	const unit = `
sys/devices/usb1/1-7/idVendor = 1eab
sys/devices/usb1/1-7/idProduct = 1d06
sys/devices/usb1/1-7/uevent = DEVTYPE=usb_device
sys/devices/usb1/1-7/1-7:1.0/bInterfaceNumber = 00
sys/devices/usb1/1-7/1-7:1.0/bInterfaceClass = 02
sys/devices/usb1/1-7/1-7:1.0/bInterfaceSubClass = 02
sys/devices/usb1/1-7/1-7:1.0/tty/ttyACM0/uevent = DEVNAME=ttyACM0
sys/class/tty/ttyACM0 -> sys/devices/usb1/1-7/1-7:1.0/tty/ttyACM0
sys/bus/usb/devices/1-7 -> sys/devices/usb1/1-7
dev/ttyACM0 = node
`
	for _, c := range []struct{ links, path, try string }{
		{"dev/serial/by-id/a -> dev/ttyACM0\ndev/serial/by-path/b -> dev/ttyACM0", "/serial/by-id/a", ""},
		{"dev/serial/by-path/b -> dev/ttyACM0", "/serial/by-path/b", "its socket"},
		{"", "/ttyACM0", "another unit"},
	} {
		tree := hotplugtest.Plant(t, unit+c.links)
		finds, err := list(t).Look(tree)
		if err != nil || len(finds) != 1 || len(finds[0].Fits) != 1 {
			t.Fatalf("%+v, %v", finds, err)
		}
		if got := finds[0]; got.Fits[0].Port != tree.Dev+c.path || !strings.Contains(got.Try, c.try) || c.try == "" && got.Try != "" {
			t.Errorf("%s, and it says %q; want %s and %q", got.Fits[0].Port, got.Try, c.path, c.try)
		}
	}
}

// A kernel that shows nothing is told of, not taken for an empty desk.
func TestLookNowhere(t *testing.T) {
	if finds, err := list(t).Look(hotplug.Tree{Sys: t.TempDir() + "/none"}); err == nil {
		t.Errorf("Look = %v, want an error", finds)
	}
}

// Every profile that the list names is one that its driver has, and every entry
// says where it is from.
func TestProfiles(t *testing.T) {
	for ids, u := range list(t).All() {
		var err error
		switch {
		case u.Profile == "":
			if u.Thing == "receipt" {
				err = fmt.Errorf("a printer needs a profile")
			}
		case u.Thing == "receipt":
			_, err = escpos.Model(u.Profile)
		case u.Thing == "barcode":
			_, err = serial.ProfileOf(u.Profile)
		default:
			err = fmt.Errorf("a %s has no profile", u.Thing)
		}
		if err != nil {
			t.Errorf("%s: %v", ids, err)
		}
		if (u.Reader != "") && u.Thing != "card" {
			t.Errorf("%s: only card readers have a name in PC/SC", ids)
		}
	}
}

func TestListRefuses(t *testing.T) {
	for _, text := range []string{
		`"1EAB:1d06": {title: a, thing: barcode, source: b}`,
		`"1eab:1d0": {title: a, thing: barcode, source: b}`,
		`"1eab:": {title: a, thing: barcode, source: b}`,
		`"1eab": {title: a, thing: telex, source: b}`,
		`"1eab": {title: a, thing: barcode}`,
		`"1eab": {title: a, thing: barcode, source: b, colour: red}`,
		`- 1`,
	} {
		if _, err := known.Read([]byte(text)); err == nil {
			t.Errorf("read(%s) took it", text)
		}
	}
}

func TestUsages(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want []known.Usage
	}{
		{"nothing", nil, nil},
		{"scanner", []byte{0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0}, []known.Usage{known.Scanner}},
		{"only the top", []byte{0x05, 0x01, 0x09, 0x06, 0xA1, 1, 0x09, 0x02, 0xA1, 2, 0xC0, 0xC0}, []known.Usage{known.Keyboard}},
		{"page within the usage", []byte{0x05, 0x01, 0x0B, 0x02, 0x00, 0x8C, 0x00, 0xA1, 1, 0xC0}, []known.Usage{known.Scanner}},
		{"two, one twice", []byte{0x05, 0x01, 0x09, 6, 0xA1, 1, 0xC0, 0x09, 2, 0xA1, 1, 0xC0, 0x09, 6, 0xA1, 1, 0xC0}, []known.Usage{known.Keyboard, {Page: 1, ID: 2}}},
		{"pushed", []byte{0x05, 0x8C, 0xA4, 0x05, 0x01, 0xB4, 0x09, 0x02, 0xA1, 1, 0xC0}, []known.Usage{known.Scanner}},
		{"long item before", []byte{0xFE, 2, 0, 1, 2, 0x05, 0x8C, 0x09, 0x02, 0xA1, 1, 0xC0}, []known.Usage{known.Scanner}},
		{"the first usage counts", []byte{0x05, 0x8C, 0x09, 0x02, 0x09, 0x03, 0xA1, 1, 0xC0}, []known.Usage{known.Scanner}},
		{"a field's usage is no collection's", []byte{0x05, 0x8C, 0x09, 0x02, 0x81, 0x02, 0xA1, 1, 0xC0}, nil},
		{"cut", []byte{0x05, 0x8C, 0x09, 0x02, 0xA1, 1, 0xC0, 0x06, 0x8C}, []known.Usage{known.Scanner}},
		{"popped too often", []byte{0xB4, 0x05, 0x8C, 0x09, 0x02, 0xA1, 1}, nil},
	} {
		if got := known.Usages(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: Usages(% x) = %v, want %v", c.name, c.in, got, c.want)
		}
	}
}

func FuzzUsages(f *testing.F) {
	f.Add([]byte{0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x02, 0xC0})
	f.Add([]byte{0xFE, 0xFF, 0x00})
	f.Add([]byte{0x0B, 0x02, 0x00, 0x8C, 0x00, 0xA1, 1, 0xC0})
	f.Fuzz(func(t *testing.T, b []byte) {
		seen := map[known.Usage]bool{}
		for _, u := range known.Usages(b) {
			if seen[u] {
				t.Fatalf("Usages(% x) gives %v twice", b, u)
			}
			if seen[u] = true; u.String() == "" {
				t.Fatalf("%+v has no words", u)
			}
		}
	})
}
