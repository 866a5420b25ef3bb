package known

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"motcua/devices"
	"motcua/devices/hotplug"
)

// Find is one thing that is plugged in.
type Find struct {
	Unit     Unit // out of the list; empty Title = not in it
	Plate    devices.Plate
	VID, PID uint16 // 0 if it is not on USB
	Socket   string // "1-1.2"; "" if it is not on USB
	Faces    []Face
	Fits     []Fit  // the best first; none = nothing of the station's fits
	Try      string // what to do where nothing fits, or before it does, in sentences
}

// Face is one interface of a unit, or a node that is on no USB.
type Face struct {
	Number               int // -1 if it is not on USB
	Class, Sub, Protocol uint8
	Driver               string  // the kernel's; "usbfs" = a program holds it; "" = none
	Usages               []Usage // of HID, where the kernel read them
	Nodes                []hotplug.Unit
}

// Title is what to call it: the model by the list, else what its plate says.
func (f Find) Title() string {
	plate := strings.TrimSpace(f.Plate.Maker + " " + f.Plate.Model)
	switch {
	case f.Unit.Title != "" && !f.Unit.Maker:
		return f.Unit.Title
	case f.Unit.Title != "" && f.Plate.Model != "":
		return f.Unit.Title + ": " + f.Plate.Model
	case f.Unit.Title != "":
		return f.Unit.Title
	}
	if plate == "" && f.VID == 0 && len(f.Faces) == 1 && len(f.Faces[0].Nodes) == 1 {
		if f.Faces[0].Nodes[0].Subsystem == "sound" {
			return "sound card"
		}
		return "serial port"
	}
	return cmp.Or(plate, "unit without a plate")
}

// IDs are the USB ids as `lsusb` prints them, "" if it is not on USB.
func (f Find) IDs() string {
	if f.VID == 0 {
		return ""
	}
	return strconv.FormatUint(1<<16|uint64(f.VID), 16)[1:] + ":" + strconv.FormatUint(1<<16|uint64(f.PID), 16)[1:]
}

// Look lists what is plugged in and what fits it: all on USB but hubs, sound cards,
// and the serial ports that have a chip. It fails where the tree cannot be read.
func (l List) Look(tree hotplug.Tree) ([]Find, error) {
	all, err := tree.Units()
	if err != nil {
		return nil, err
	}
	var finds []Find
	for _, u := range all {
		if u.Subsystem != "usb" {
			continue
		}
		f := Find{Plate: u.Plate, VID: u.VID, PID: u.PID, Socket: u.Port, Faces: faces(tree, u, all)}
		f.Unit, _ = l.Of(u.VID, u.PID)
		finds = append(finds, f)
	}
	for _, u := range all {
		if u.VID == 0 {
			finds = append(finds, Find{Plate: u.Plate, Faces: []Face{{Number: -1, Driver: u.Driver, Nodes: []hotplug.Unit{u}}}})
		}
	}
	readers, alike := 0, map[string]int{}
	for i := range finds {
		alike[finds[i].IDs()]++
		if slices.ContainsFunc(finds[i].Faces, func(a Face) bool { return a.Class == classCard }) || finds[i].Unit.Thing == "card" {
			readers++
		}
	}
	for i := range finds {
		m := matcher{find: &finds[i], tree: tree, all: all, readers: readers, alike: alike[finds[i].IDs()]}
		m.match()
	}
	return finds, nil
}

// faces reads the interfaces of a device and puts to each the nodes below it.
func faces(tree hotplug.Tree, device hotplug.Unit, all []hotplug.Unit) []Face {
	root := filepath.Join(cmp.Or(tree.Sys, "/sys"), device.Sys)
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // unplugged since
	}
	var found []Face
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(root)+":") { // as in 1-1.2:1.0
			continue
		}
		dir := filepath.Join(root, e.Name())
		f := Face{Number: int(number(dir, "bInterfaceNumber")), Class: number(dir, "bInterfaceClass"),
			Sub: number(dir, "bInterfaceSubClass"), Protocol: number(dir, "bInterfaceProtocol"), Driver: driver(dir)}
		if f.Class == classHID {
			f.Usages = usages(dir, f)
		}
		for _, u := range all {
			if strings.HasPrefix(u.Sys, device.Sys+"/"+e.Name()+"/") {
				f.Nodes = append(f.Nodes, u)
			}
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b Face) int { return cmp.Compare(a.Number, b.Number) })
	return found
}

// usages reads the report descriptor that the kernel's HID driver has fetched.
// Without one, the interface itself tells a boot keyboard and mouse (HID 1.11,
// section 4.2 and 4.3).
func usages(dir string, f Face) []Usage {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "report_descriptor"))
	if err == nil && len(paths) > 0 {
		if b, err := os.ReadFile(paths[0]); err == nil {
			return Usages(b)
		}
	}
	switch {
	case f.Sub == 1 && f.Protocol == 1:
		return []Usage{Keyboard}
	case f.Sub == 1 && f.Protocol == 2:
		return []Usage{mouse}
	}
	return nil
}

// number reads an attribute of two hexadecimal digits.
func number(dir, name string) uint8 {
	n, _ := strconv.ParseUint(text(dir, name), 16, 8)
	return uint8(n)
}

// text reads an attribute; "" if there is none.
func text(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// driver is the kernel's driver that has bound itself to an interface.
func driver(dir string) string {
	for line := range strings.Lines(text(dir, "uevent")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "DRIVER="); ok {
			return name
		}
	}
	return ""
}
