package hotplug

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
)

// largest is the longest message: the kernel's end at 2 KiB (UEVENT_BUFFER_SIZE
// and the path), udev's at 8 KiB of properties with all their links.
const largest = 64 << 10

// message is one uevent: "add@/devices/…" and then KEY=value, each ended by a
// zero byte (lib/kobject_uevent.c), or the same keys behind udev's header
// (systemd, libsystemd/sd-device/device-monitor.c).
type message struct {
	udev bool
	vars map[string]string
}

var errMessage = errors.New("not a uevent")

// udevHeader is "libudev", a zero, and in network order a magic number; then in
// the computer's own order the header's length, and where the properties begin
// and how long they are.
const udevMagic, udevHeader = 0xfeedcafe, 24

func parse(b []byte) (message, error) {
	m := message{vars: map[string]string{}}
	if rest, ok := bytes.CutPrefix(b, []byte("libudev\x00")); ok {
		if len(b) < udevHeader || binary.BigEndian.Uint32(rest) != udevMagic {
			return message{}, errMessage
		}
		from, size := binary.NativeEndian.Uint32(b[16:]), binary.NativeEndian.Uint32(b[20:])
		if uint64(from)+uint64(size) > uint64(len(b)) || from < udevHeader {
			return message{}, errMessage
		}
		m.udev, b = true, b[from:][:size]
	} else {
		head, rest, ok := bytes.Cut(b, []byte{0})
		if !ok || !bytes.Contains(head, []byte("@/")) {
			return message{}, errMessage
		}
		b = rest
	}
	for field := range bytes.SplitSeq(b, []byte{0}) {
		if key, value, ok := strings.Cut(string(field), "="); ok && key != "" {
			m.vars[key] = value
		}
	}
	if m.vars["ACTION"] == "" || !strings.HasPrefix(m.vars["DEVPATH"], "/") {
		return message{}, errMessage
	}
	return m, nil
}

// classes are the folders of /sys/class whose members may be a unit at a ward.
var classes = []string{"tty", "usbmisc", "hidraw", "video4linux", "sound"}

// peripheral tells whether it is about a unit that a station could use: a USB
// device, or a node of one of the classes.
func (m message) peripheral() bool {
	switch subsystem := m.vars["SUBSYSTEM"]; subsystem {
	case "usb":
		return m.vars["DEVTYPE"] == "usb_device"
	case "sound":
		return soundCard(m.vars["DEVPATH"])
	default:
		for _, class := range classes {
			if subsystem == class {
				return m.vars["DEVNAME"] != ""
			}
		}
		return false
	}
}

// soundCard picks one of the several nodes of a sound card: its controls.
func soundCard(path string) bool {
	return strings.HasPrefix(path[strings.LastIndex(path, "/")+1:], "controlC")
}
