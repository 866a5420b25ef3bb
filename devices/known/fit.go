package known

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"motcua/devices/hotplug"
)

// Fit is a driver that fits a unit and what it must be told, in the words of the
// configuration. Keys that the driver does not have are empty.
type Fit struct {
	Thing, Driver string
	Why           string // what was seen that makes it fit, a sentence
	If            string // what must be true besides, which nobody but the reader knows; "" = nothing

	Port      string
	USB       string // VID:PID
	Kind      string
	Interface int
	Reader    string
	Card      string
	Profile   string
}

// Classes of interfaces, USB-IF, Defined Class Codes.
const (
	classSound   = 0x01
	classComm    = 0x02 // of which subclass 2 is a serial line (ACM)
	classHID     = 0x03
	classPrinter = 0x07
	classStorage = 0x08
	classData    = 0x0A
	classCard    = 0x0B
	classVideo   = 0x0E
)

var classes = map[uint8]string{
	0x01: "sound", 0x02: "communication", 0x03: "HID", 0x05: "physical", 0x06: "still image", 0x07: "printer", 0x08: "storage",
	0x0A: "communication data", 0x0B: "smart card", 0x0D: "content security", 0x0E: "video", 0x0F: "health", 0x10: "sound and video",
	0xDC: "diagnosis", 0xE0: "wireless", 0xEF: "miscellaneous", 0xFE: "application", 0xFF: "its maker's own",
}

// String says what an interface is: "0: HID, bar code scanner (HID-POS), driver usbhid".
func (a Face) String() string {
	var parts []string
	if a.Number >= 0 {
		parts = append(parts, fmt.Sprintf("%d: %s", a.Number, cmp.Or(classes[a.Class], fmt.Sprintf("class %02Xh", a.Class))))
	}
	for _, u := range a.Usages {
		parts = append(parts, u.String())
	}
	switch {
	case a.Driver == "usbfs":
		parts = append(parts, "held by a program")
	case a.Driver != "":
		parts = append(parts, "driver "+a.Driver)
	case a.Number >= 0:
		parts = append(parts, "no driver")
	}
	for _, n := range a.Nodes {
		parts = append(parts, n.Node)
	}
	return strings.Join(parts, ", ")
}

// matcher finds what fits one find.
type matcher struct {
	find    *Find
	tree    hotplug.Tree
	all     []hotplug.Unit
	readers int // how many card readers there are
	alike   int // how many units have these ids
	try     []string
}

func (m *matcher) match() {
	for _, a := range m.find.Faces {
		switch {
		case a.Number < 0:
			m.bare(a)
		case a.Class == classPrinter:
			m.printer(a)
		case a.Class == classCard, m.find.Unit.Thing == "card" && (a.Class == 0 || a.Class == 0xFF):
			m.reader(a)
		case a.Class == classHID:
			m.hid(a)
		case a.Class == classVideo:
			m.camera(a)
		case a.Class == classSound:
			m.speaker(a)
		case a.Class == classStorage:
			m.hint("A stick or disk: it needs no lines, staff save submissions to it from their pages.")
		default:
			m.line(a)
		}
	}
	if m.find.Unit.Note != "" {
		m.hint(m.find.Unit.Note)
	}
	if len(m.find.Fits) == 0 && len(m.try) == 0 {
		m.hint("Nothing of the station's fits it as it is. A scanner: scan the code for USB-COM or HID-POS on its maker's sheet, then look again. " +
			"A printer: set its USB class to printer by its switches or its maker's program. A card reader without the class: install its maker's PC/SC driver.")
	}
	if m.alike > 1 && slices.ContainsFunc(m.find.Fits, func(f Fit) bool { return f.Driver == "hid" }) {
		m.hint("There are several with these ids, which its driver cannot tell apart: set all but one to USB-COM.")
	}
	m.find.Try = strings.Join(m.try, " ")
}

func (m *matcher) hint(s string) {
	if !slices.Contains(m.try, s) {
		m.try = append(m.try, s)
	}
}

func (m *matcher) fits(f Fit) {
	if !slices.Contains(m.find.Fits, f) {
		m.find.Fits = append(m.find.Fits, f)
	}
}

// node gives the node of a face in a subsystem.
func (a Face) node(subsystem string) (hotplug.Unit, bool) {
	i := slices.IndexFunc(a.Nodes, func(u hotplug.Unit) bool { return u.Subsystem == subsystem })
	if i < 0 {
		return hotplug.Unit{}, false
	}
	return a.Nodes[i], true
}

// bare is what is on no USB: a serial port of the board, or a sound card.
func (m *matcher) bare(a Face) {
	if u, ok := a.node("tty"); ok {
		m.anything(hotplug.NameOf(u, m.all).String(), "a serial port of the computer")
	}
	m.speaker(a)
}

func (m *matcher) printer(a Face) {
	if a.Protocol == 4 {
		return // the same printer once more, by way of IPP over USB
	}
	u, ok := a.node("usbmisc")
	if !ok {
		switch a.Driver {
		case "usbfs":
			m.hint("A program holds it, such as CUPS: remove that, the station needs the kernel's usblp at it.")
		default:
			m.hint("The kernel's usblp is not at it: `modprobe usblp`, and look into /etc/modprobe.d for a blacklist.")
		}
		return
	}
	f := Fit{Thing: "receipt", Driver: "escpos", Port: hotplug.NameOf(u, m.all).String(), Profile: m.find.Unit.Profile,
		Why: "Its interface is of the printer class and the kernel's usblp is at it."}
	if m.find.Unit.Thing != "receipt" {
		f.Profile, f.If = "generic-80", "it is a receipt printer that speaks ESC/POS; an office printer does not"
	}
	m.fits(f)
}

// line is a serial line on USB: CDC-ACM, or an adapter with a driver of its own.
func (m *matcher) line(a Face) {
	u, ok := a.node("tty")
	if !ok {
		if a.Class == classComm && a.Sub == 2 || m.find.Unit.Thing == "adapter" {
			m.hint("It is a serial line, but no driver of the kernel's is at it: look at `dmesg`.")
		}
		return
	}
	path := m.path(u, "/dev/serial/by-id")
	why := "Its interface is a serial line (" + a.Driver + ")"
	switch unit := m.find.Unit; unit.Thing {
	case "barcode":
		m.fits(Fit{Thing: "barcode", Driver: "serial", Port: path, Profile: unit.Profile, Why: why + " and its maker makes scanners."})
	case "receipt":
		m.fits(Fit{Thing: "receipt", Driver: "escpos", Port: path, Profile: unit.Profile, Why: why + " and its ids are a receipt printer's."})
	default:
		m.anything(path, "a serial line ("+a.Driver+")")
	}
}

// path is what to write for a driver that takes paths only; folder is where a link
// that stays the same should be.
func (m *matcher) path(u hotplug.Unit, folder string) string {
	path := hotplug.NameOf(u, m.all).Path
	switch {
	case path == "" && len(u.Links) == 0: // no udev
		m.hint("It has no link below " + folder + ": the path may name another unit after the next start.")
		return u.Node
	case path == "":
		path = u.Links[0]
	}
	if strings.Contains(path, "/by-path/") {
		m.hint("Its path is that of its socket: it must stay plugged into this one.")
	}
	return path
}

// anything lists what may hang at a line that does not tell.
func (m *matcher) anything(path, what string) {
	why := "It is " + what + "; what hangs at it cannot be seen."
	m.fits(Fit{Thing: "barcode", Driver: "serial", Port: path, Why: why, If: "a scanner hangs at it"})
	m.fits(Fit{Thing: "receipt", Driver: "escpos", Port: path, Profile: "generic-80", Why: why, If: "a receipt printer hangs at it"})
	m.fits(Fit{Thing: "card", Driver: "acr122s", Port: path, Why: why, If: "an ACR122S card reader hangs at it"})
}

func (m *matcher) hid(a Face) {
	f := Fit{Thing: "barcode", Driver: "hid", USB: m.find.IDs(), Interface: a.Number}
	switch {
	case slices.Contains(a.Usages, Scanner):
		f.Kind, f.Why = "pos", "It names itself a bar code scanner (HID-POS, usage page 8Ch)."
		m.fits(f)
	case len(a.Usages) == 0 && m.find.Unit.Thing == "barcode":
		// The kernel's driver is off it, so that nobody has read what it says.
		f.Kind, f.Why, f.If = "pos", "Its maker makes scanners, and it is HID but no keyboard.", "it is set to HID-POS; a program holds it, so that it cannot be asked"
		m.fits(f)
	case slices.Contains(a.Usages, Keyboard) && m.find.Unit.Thing == "barcode":
		f.Kind, f.Why = "keyboard", "Its maker makes scanners, and it types as a keyboard does."
		m.fits(f)
		m.hint("Better than keyboard mode is USB-COM or HID-POS: a keyboard has no Vietnamese letters, so names on ID cards arrive broken. Scan the code for it on the maker's sheet, then look again.")
	case slices.Contains(a.Usages, Keyboard):
		f.Kind, f.Why, f.If = "keyboard", "It types as a keyboard does.", "it is a scanner in keyboard mode, and no keyboard: the driver takes it away from the window"
		m.fits(f)
		m.hint("If it is a scanner, set it to USB-COM or HID-POS first: a keyboard has no Vietnamese letters.")
	case slices.ContainsFunc(a.Usages, func(u Usage) bool { return u.Page == touchPage }):
		m.hint("A touch screen: it needs no lines.")
	case slices.Contains(a.Usages, mouse):
		m.hint("A mouse: it needs no lines.")
	}
}

func (m *matcher) reader(a Face) {
	f := Fit{Thing: "card", Driver: "pcsc", Why: "Its interface is of the smart card class (CCID)."}
	if a.Class != classCard {
		f.Why, f.If = "Its maker makes card readers.", "its maker's PC/SC driver is installed"
	}
	if m.readers > 1 {
		f.Reader = m.find.Unit.Reader
		if f.Reader == "" {
			m.hint("There are several card readers: put reader = \"…\", a part of its name in `kioskctl card doctor`.")
		}
	}
	if a.Driver != "" && a.Driver != "usbfs" {
		m.hint(fmt.Sprintf("The kernel's %s holds it: put `blacklist %s` into a file below /etc/modprobe.d and plug it in again.", a.Driver, a.Driver))
	}
	m.fits(f)
}

func (m *matcher) camera(a Face) {
	for _, u := range a.Nodes {
		// A camera has a second node for what is no picture; the first is index 0.
		if u.Subsystem != "video4linux" || text(filepath.Join(cmp.Or(m.tree.Sys, "/sys"), u.Sys), "index") != "0" {
			continue
		}
		path := m.path(u, "/dev/v4l/by-id")
		why := "Its interface is of the video class (" + a.Driver + ")."
		m.fits(Fit{Thing: "barcode", Driver: "camera", Port: path, Why: why,
			If: "it looks at the place where cards are laid; a scanner reads faster"})
		m.fits(Fit{Thing: "camera", Driver: "v4l2", Port: path, Why: why,
			If: "it looks at the place where papers are laid, and reads no codes"})
		return
	}
}

func (m *matcher) speaker(a Face) {
	u, ok := a.node("sound")
	if !ok {
		return
	}
	id := text(filepath.Dir(filepath.Join(cmp.Or(m.tree.Sys, "/sys"), u.Sys)), "id")
	m.fits(Fit{Thing: "sound", Driver: "oto", Card: id, Why: "It is a sound card.", If: "a loudspeaker hangs at it"})
}
