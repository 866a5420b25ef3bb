package hotplug

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"motcua/devices"
)

// Unit is one thing that is plugged in: a node that a driver opens, or a USB
// device as a whole, of which there is one beside its nodes.
type Unit struct {
	Sys       string   // its path below /sys, by which the kernel names it
	Subsystem string   // tty, usbmisc (printers), hidraw, video4linux, sound; usb for the device as a whole
	Node      string   // what to open now, such as /dev/ttyACM0; changes from plug to plug
	Links     []string // the stable names that udev made for Node, by-id first
	Driver    string   // the kernel's, of the interface: cdc_acm, usblp, usbhid
	VID, PID  uint16   // USB ids; 0 if it is not on USB
	Port      string   // the socket it is plugged into: "1-1.2"; "" if it is not on USB
	Interface int      // the number of its interface; -1 for all of the device
	Class     uint8    // of the interface (bInterfaceClass), or of the device
	Plate     devices.Plate

	hub bool
}

// Tree is where a kernel shows what is plugged in. The zero value is this
// computer's; tests give folders that look like it.
type Tree struct {
	Sys string // "" = /sys
	Dev string // "" = /dev
}

func (t Tree) sys() string { return cmp.Or(t.Sys, "/sys") }
func (t Tree) dev() string { return cmp.Or(t.Dev, "/dev") }

// Units lists what is plugged in, sorted by Unit.Sys: USB devices but no hubs,
// and the nodes of serial lines, printers, HID devices, cameras and sound cards.
// Of serial lines only those that are on USB or have a chip behind them. It
// reads names and texts; no node is opened. What goes while it looks is left out.
func (t Tree) Units() ([]Unit, error) {
	if _, err := os.Stat(t.sys()); err != nil {
		return nil, err
	}
	links := t.links()
	var all []Unit
	for _, class := range classes {
		for _, path := range t.members("class/" + class) {
			u := t.read(path, class, links)
			if u.Node == "" || class == "sound" && !soundCard(path) || class == "tty" && u.VID == 0 && !t.chip(path) {
				continue
			}
			all = append(all, u)
		}
	}
	for _, path := range t.members("bus/usb/devices") {
		if u := t.read(path, "usb", links); t.text(path, "idVendor") != "" && !u.hub {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b Unit) int { return cmp.Compare(a.Sys, b.Sys) })
	return all, nil
}

// chip tells whether a serial line has one: the kernel makes ttyS0 to ttyS3 for
// computers that have none of them.
func (t Tree) chip(path string) bool {
	kind := t.text(path, "type")
	return kind != "" && kind != "0"
}

// members gives the paths, below sys, that the links in a folder lead to.
func (t Tree) members(folder string) []string {
	entries, err := os.ReadDir(filepath.Join(t.sys(), folder))
	if err != nil {
		return nil // a kernel without that class
	}
	root, err := filepath.EvalSymlinks(t.sys())
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range entries {
		path, err := filepath.EvalSymlinks(filepath.Join(root, folder, e.Name()))
		if err != nil {
			continue // unplugged since
		}
		if rel, ok := strings.CutPrefix(path, root); ok {
			all = append(all, rel)
		}
	}
	return all
}

// unit reads what a message is about. Where the tree tells nothing any more, the
// message does, as far as it can.
func (t Tree) unit(m message) Unit {
	u := t.read(m.vars["DEVPATH"], m.vars["SUBSYSTEM"], nil)
	if name := m.vars["DEVNAME"]; name != "" {
		u.Node = filepath.Join(t.dev(), strings.TrimPrefix(name, "/dev/"))
	}
	if m.udev {
		u.Links = order(strings.Fields(m.vars["DEVLINKS"]))
	} else {
		u.Links = t.links()[u.Node]
	}
	if vid, rest, ok := strings.Cut(m.vars["PRODUCT"], "/"); ok && u.VID == 0 {
		pid, _, _ := strings.Cut(rest, "/")
		u.VID, u.PID = hex16(vid), hex16(pid)
		u.Port = filepath.Base(u.Sys)
	}
	if kind, _, ok := strings.Cut(m.vars["TYPE"], "/"); ok && kind == "9" {
		u.hub = true
	}
	return u
}

// read looks at a path and at the interface and the device above it.
func (t Tree) read(path, subsystem string, links map[string][]string) Unit {
	u := Unit{Sys: path, Subsystem: subsystem, Interface: -1}
	if name := t.value(path, "DEVNAME"); name != "" {
		u.Node = filepath.Join(t.dev(), name)
		u.Links = links[u.Node]
	}
	for dir := path; dir != "/" && dir != "." && u.VID == 0; dir = filepath.Dir(dir) {
		if number := t.text(dir, "bInterfaceNumber"); number != "" && u.Interface < 0 {
			u.Interface = int(hex16(number))
			u.Class = uint8(hex16(t.text(dir, "bInterfaceClass")))
			u.Driver = t.value(dir, "DRIVER")
		}
		if vid := t.text(dir, "idVendor"); vid != "" {
			u.VID, u.PID, u.Port = hex16(vid), hex16(t.text(dir, "idProduct")), filepath.Base(dir)
			u.Plate = devices.Plate{Maker: t.text(dir, "manufacturer"), Model: t.text(dir, "product"), Serial: t.text(dir, "serial")}
			class := uint8(hex16(t.text(dir, "bDeviceClass")))
			if dir == path {
				u.Class, u.hub = class, class == 9
			}
		}
	}
	return u
}

// has tells that there is such a path.
func (t Tree) has(path string) bool {
	_, err := os.Lstat(filepath.Join(t.sys(), path))
	return err == nil
}

// text reads an attribute; "" if there is none.
func (t Tree) text(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(t.sys(), dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// value reads one of the lines KEY=value of the attribute uevent.
func (t Tree) value(dir, key string) string {
	for line := range strings.Lines(t.text(dir, "uevent")) {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// links gives the stable names of each node, by-id first.
func (t Tree) links() map[string][]string {
	all := map[string][]string{}
	for _, kind := range []string{"by-id", "by-path"} {
		found, err := filepath.Glob(filepath.Join(t.dev(), "*", kind, "*"))
		if err != nil {
			continue // the pattern is ours and well formed
		}
		for _, link := range found {
			target, err := os.Readlink(link)
			if err != nil {
				continue // gone since, or no link
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(link), target)
			}
			all[target] = append(all[target], link)
		}
	}
	return all
}

// order puts names by id before names by path, and the rest behind.
func order(links []string) []string {
	rank := func(l string) int {
		switch {
		case strings.Contains(l, "/by-id/"):
			return 0
		case strings.Contains(l, "/by-path/"):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(links, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return links
}

func hex16(s string) uint16 {
	n, _ := strconv.ParseUint(s, 16, 16)
	return uint16(n)
}

// missing tells whether err says that something is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
