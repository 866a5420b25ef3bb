package hotplug

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"motcua/devices"
)

// A Name finds the same unit again, whatever number its node has by then. It
// stands in the configuration as a path below /dev, best below by-id, or, for
// nodes that udev makes no such links for (printers, HID devices), as
//
//	usb:04b8:0e15              the only unit with these USB ids
//	usb:04b8:0e15:J5XK012345   the one with that serial number
//	usb:04b8:0e15@1-1.2        the one in that socket
//	usb:0c2e:0b6a#02           that interface of it
//
// in any combination and this order. Serial numbers are escaped as in a URL path.
type Name struct {
	Path      string // "" for the usb form
	VID, PID  uint16
	Serial    string // "" = any
	Port      string // "" = any
	Interface int    // -1 = any
}

// ParseName reads a name; the error says what one looks like.
func ParseName(s string) (Name, error) {
	if strings.HasPrefix(s, "/") {
		return Name{Path: s, Interface: -1}, nil
	}
	n := Name{Interface: -1}
	bad := fmt.Errorf("no name of a unit: %q: write a path below /dev, or usb:VENDOR:PRODUCT with four hex digits each", s)
	rest, ok := strings.CutPrefix(s, "usb:")
	if !ok {
		return Name{}, bad
	}
	rest, number, ok := strings.Cut(rest, "#")
	if ok {
		i, err := strconv.ParseUint(number, 16, 8)
		if err != nil || len(number) != 2 {
			return Name{}, fmt.Errorf("no number of an interface: %q: write two hex digits", number)
		}
		n.Interface = int(i)
	}
	rest, n.Port, ok = strings.Cut(rest, "@")
	if ok && n.Port == "" {
		return Name{}, bad
	}
	parts := strings.Split(rest, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return Name{}, bad
	}
	for i, into := range []*uint16{&n.VID, &n.PID} {
		v, err := strconv.ParseUint(parts[i], 16, 16)
		if err != nil || len(parts[i]) != 4 {
			return Name{}, bad
		}
		*into = uint16(v)
	}
	if len(parts) == 3 {
		serial, err := url.PathUnescape(parts[2])
		if err != nil || serial == "" {
			return Name{}, bad
		}
		n.Serial = serial
	}
	return n, nil
}

// String gives the form that ParseName reads.
func (n Name) String() string {
	if n.Path != "" {
		return n.Path
	}
	s := fmt.Sprintf("usb:%04x:%04x", n.VID, n.PID)
	if n.Serial != "" {
		s += ":" + strings.NewReplacer(":", "%3A", "@", "%40").Replace(url.PathEscape(n.Serial))
	}
	if n.Port != "" {
		s += "@" + n.Port
	}
	if n.Interface >= 0 {
		s += fmt.Sprintf("#%02x", n.Interface)
	}
	return s
}

// fits tells whether u is one that n means.
func (n Name) fits(u Unit) bool {
	if n.Path != "" {
		return u.Node == n.Path || slices.Contains(u.Links, n.Path)
	}
	return u.VID == n.VID && u.PID == n.PID && (n.Serial == "" || u.Plate.Serial == n.Serial) &&
		(n.Port == "" || u.Port == n.Port) && (n.Interface < 0 || u.Interface == n.Interface)
}

// NameOf gives the name to write into the configuration for u: its link by id,
// else its USB ids and serial number, and its socket or interface only where
// another unit among all could be meant. Of two equal units without serial numbers
// the link by id is the one's that came last, so those have their links by path. A
// unit that is not on USB has its node.
func NameOf(u Unit, all []Unit) Name {
	by := "/by-id/"
	if slices.ContainsFunc(all, u.twin) {
		by = "/by-path/"
	}
	if i := slices.IndexFunc(u.Links, func(l string) bool { return strings.Contains(l, by) }); i >= 0 {
		return Name{Path: u.Links[i], Interface: -1}
	}
	if u.VID == 0 {
		return Name{Path: u.Node, Interface: -1}
	}
	n := Name{VID: u.VID, PID: u.PID, Serial: u.Plate.Serial, Interface: -1}
	alone := func() bool {
		return !slices.ContainsFunc(all, func(o Unit) bool {
			return o.Sys != u.Sys && o.Subsystem == u.Subsystem && n.fits(o)
		})
	}
	if !alone() {
		n.Interface = u.Interface
	}
	if !alone() {
		n.Port = u.Port
	}
	return n
}

// twin tells that o is another unit that looks the same as u.
func (u Unit) twin(o Unit) bool {
	return u.VID != 0 && o.Subsystem == u.Subsystem && o.Port != u.Port && o.VID == u.VID && o.PID == u.PID && o.Plate.Serial == u.Plate.Serial
}

// Find gives the unit of the subsystem that the name means now; "" is any. It
// fails with devices.ErrGone when there is none, and with devices.ErrRefused when
// the name is none or could mean several, which it then lists. A path that exists
// but is of no kind that Units lists, such as a pty, is found as a bare Node.
func (t Tree) Find(name, subsystem string) (Unit, error) {
	refused := func(err error) error { return fmt.Errorf("%w: %w", devices.ErrRefused, err) }
	n, err := ParseName(name)
	if err != nil {
		return Unit{}, refused(err)
	}
	path := n.Path
	if path != "" {
		node, err := filepath.EvalSymlinks(path)
		switch {
		case missing(err):
			return Unit{}, fmt.Errorf("%w: %w", devices.ErrGone, err)
		case err != nil:
			return Unit{}, refused(err)
		}
		n.Path = node
	}
	all, err := t.Units()
	if err != nil && path == "" {
		return Unit{}, refused(err)
	}
	var found []Unit
	for _, u := range all {
		if n.fits(u) && (subsystem == "" || u.Subsystem == subsystem) {
			found = append(found, u)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		err := errors.New("several units fit, name one of")
		for _, u := range found {
			err = fmt.Errorf("%w %s", err, NameOf(u, all))
		}
		return Unit{}, refused(err)
	case path != "":
		return Unit{Node: n.Path, Interface: -1}, nil
	}
	return Unit{}, fmt.Errorf("%w: nothing with the ids of %s is plugged in", devices.ErrGone, name)
}
