package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"motcua/devices/barcode/serial"
	"motcua/devices/hotplug"
	"motcua/devices/receipt/escpos"
)

// Peripheral is one unit. Of several of one thing the first is used; the others
// take its place while it cannot be. Scanners are all listened to.
type Peripheral struct {
	Name   string `toml:"name"`   // as it is called in logs and by kioskctl
	Thing  string `toml:"thing"`  // what it is: barcode, camera, card, receipt, sound
	Driver string `toml:"driver"` // who talks to it: serial, v4l2, pcsc, escpos, oto
	// Port is where it hangs: a stable path, best below /dev/serial/by-id or
	// /dev/v4l/by-id; for escpos also a name such as usb:04b8:0e15 (what `kioskctl
	// identify` says), /dev/usb/lp0 or tcp://host:9100.
	Port      string `toml:"port"`
	USB       string `toml:"usb"`       // of HID units: "VID:PID", four hex digits each
	Kind      string `toml:"kind"`      // of HID scanners: pos or keyboard; "" = pos
	Interface int    `toml:"interface"` // of HID units with several
	Reader    string `toml:"reader"`    // of pcsc: part of the reader's name; "" = the first contactless one
	Card      string `toml:"card"`      // of oto: the sound card's id, as in /proc/asound/cards; "" = whatever ALSA calls default
	Baud      int    `toml:"baud"`      // serial lines; 0 = the driver's default
	// Profile is a printer's model, or the family of commands of a serial scanner.
	Profile string `toml:"profile"`
	Trigger string `toml:"trigger"` // of serial scanners: presentation or host, told to it at each start; "" = as it is set
	// Width and Height are the pictures of v4l2 to ask for, in pixels, both or none;
	// 0 = 1280 by 720. The camera gives what comes closest.
	Width  int `toml:"width"`
	Height int `toml:"height"`
	// Required: a station without it is not ready, which kioskctl says of it. Nobody
	// is turned away for want of a unit of either kind.
	Required bool `toml:"required"`
}

// largestSide is past every document camera that there is.
const largestSide = 10_000

// drivers says which drivers there are for which thing.
var drivers = map[string][]string{"barcode": {"serial", "hid", "camera"}, "camera": {"v4l2"}, "card": {"pcsc", "acr122s"},
	"receipt": {"escpos"}, "sound": {"oto"}}

// keys says which drivers a key is for; a key that is none of a driver's is a
// fault, for somebody believes that it does something.
var keys = []struct {
	key     string
	drivers []string
	set     func(Peripheral) bool
}{
	{"port", []string{"serial", "camera", "v4l2", "escpos", "acr122s"}, func(p Peripheral) bool { return p.Port != "" }},
	{"usb", []string{"hid"}, func(p Peripheral) bool { return p.USB != "" }},
	{"kind", []string{"hid"}, func(p Peripheral) bool { return p.Kind != "" }},
	{"interface", []string{"hid"}, func(p Peripheral) bool { return p.Interface != 0 }},
	{"reader", []string{"pcsc"}, func(p Peripheral) bool { return p.Reader != "" }},
	{"card", []string{"oto"}, func(p Peripheral) bool { return p.Card != "" }},
	{"baud", []string{"serial", "escpos", "acr122s"}, func(p Peripheral) bool { return p.Baud != 0 }},
	{"profile", []string{"serial", "escpos"}, func(p Peripheral) bool { return p.Profile != "" }},
	{"width", []string{"v4l2"}, func(p Peripheral) bool { return p.Width != 0 }},
	{"height", []string{"v4l2"}, func(p Peripheral) bool { return p.Height != 0 }},
	{"trigger", []string{"serial"}, func(p Peripheral) bool { return p.Trigger != "" }},
}

var (
	usbIDs    = regexp.MustCompile(`^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$`)
	soundCard = regexp.MustCompile(`^[A-Za-z0-9_-]{1,15}$`)
)

func (c *Config) checkPeripherals(fault func(key, format string, args ...any)) {
	names, speaker, papers := map[string]bool{}, "", ""
	seen := map[string]string{} // cameras by their port
	for i, p := range c.Peripherals {
		wrong := func(key, format string, args ...any) {
			fault(fmt.Sprintf("peripheral.%d.%s", i, key), format, args...)
		}
		if !plainName.MatchString(p.Name) {
			wrong("name", "a peripheral's name is of a-z, 0-9 and -; got %q", p.Name)
		}
		if names[p.Name] {
			wrong("name", "there is another peripheral named %q", p.Name)
		}
		names[p.Name] = true
		known, ok := drivers[p.Thing]
		switch {
		case !ok:
			wrong("thing", "thing is barcode, camera, card, receipt or sound; got %q", p.Thing)
		case !slices.Contains(known, p.Driver):
			wrong("driver", "drivers for %s: %s; got %q", p.Thing, strings.Join(known, ", "), p.Driver)
		default:
			p.check(wrong)
		}
		if p.Thing == "sound" {
			if speaker != "" {
				wrong("thing", "%q is a loudspeaker already; one is used", speaker)
			}
			speaker = p.Name
		}
		if p.Thing == "camera" {
			if papers != "" {
				wrong("thing", "%q takes the pictures of papers already; one is used", papers)
			}
			papers = p.Name
		}
		if (p.Driver == "camera" || p.Driver == "v4l2") && p.Port != "" {
			if other := seen[p.Port]; other != "" {
				wrong("port", "%q has this camera; it cannot read codes and take pictures of papers", other)
			}
			seen[p.Port] = p.Name
		}
		if p.Baud < 0 {
			wrong("baud", "baud is a rate in bits a second; got %d", p.Baud)
		}
	}
}

// check looks at the keys of one unit whose driver is known.
func (p Peripheral) check(wrong func(key, format string, args ...any)) {
	for _, k := range keys {
		if k.set(p) && !slices.Contains(k.drivers, p.Driver) {
			wrong(k.key, "%s is not for %s but for %s", k.key, p.Driver, strings.Join(k.drivers, ", "))
		}
	}
	switch p.Driver {
	case "hid":
		if !usbIDs.MatchString(p.USB) {
			wrong("usb", "usb is the unit's VID:PID, like \"0c2e:0b6a\"; got %q", p.USB)
		}
		if !slices.Contains([]string{"", "pos", "keyboard"}, p.Kind) {
			wrong("kind", "kind is pos or keyboard; got %q", p.Kind)
		}
		if p.Interface < 0 || p.Interface > 31 {
			wrong("interface", "interface is the number of a USB interface; got %d", p.Interface)
		}
	case "serial":
		p.checkPath(wrong, "/dev/serial/by-id")
		p.checkTrigger(wrong)
	case "acr122s":
		p.checkPath(wrong, "/dev/serial/by-id")
	case "camera":
		p.checkPath(wrong, "/dev/v4l/by-id")
	case "v4l2":
		p.checkPath(wrong, "/dev/v4l/by-id")
		if p.Width < 0 || p.Height < 0 || p.Width > largestSide || p.Height > largestSide || (p.Width == 0) != (p.Height == 0) {
			wrong("width", "width and height are those of a picture, up to %d pixels, both or none; got %d and %d", largestSide, p.Width, p.Height)
		}
	case "escpos":
		p.checkLine(wrong)
		if _, err := escpos.Model(p.Profile); err != nil {
			wrong("profile", "%v", err)
		}
	case "oto":
		if p.Card != "" && !soundCard.MatchString(p.Card) {
			wrong("card", "card is the id of a sound card, in brackets in /proc/asound/cards; got %q", p.Card)
		}
	}
}

func (p Peripheral) checkPath(wrong func(key, format string, args ...any), best string) {
	if p.Port == "" {
		wrong("port", "port is the path of the line to it, best below %s", best)
	}
}

// checkLine checks the port of a printer, which may be on any line.
func (p Peripheral) checkLine(wrong func(key, format string, args ...any)) {
	scheme, _, named := strings.Cut(p.Port, ":")
	switch {
	case p.Port == "":
		wrong("port", "port is the line to it: a path best below /dev/serial/by-id, usb:VID:PID, or tcp://host:9100")
	case named && scheme == "tcp":
		if u, err := url.Parse(p.Port); err != nil || u.Host == "" || u.Path != "" {
			wrong("port", "port on a network is like \"tcp://192.168.1.50:9100\"; got %q", p.Port)
		}
	case named && scheme == "usb":
		if _, err := hotplug.ParseName(p.Port); err != nil {
			wrong("port", "%v", err)
		}
	}
}

// checkTrigger checks what a serial scanner is told to do.
func (p Peripheral) checkTrigger(wrong func(key, format string, args ...any)) {
	if !slices.Contains([]string{"", "presentation", "host"}, p.Trigger) {
		wrong("trigger", "trigger is presentation or host; got %q", p.Trigger)
	}
	if p.Profile == "" {
		if p.Trigger != "" {
			wrong("trigger", "trigger needs a profile: the commands of its make")
		}
		return
	}
	if _, err := serial.ProfileOf(p.Profile); err != nil {
		wrong("profile", "%v", err)
	}
}

// Of gives the units configured for a thing, the preferred one first.
func (c Config) Of(thing string) []Peripheral {
	var all []Peripheral
	for _, p := range c.Peripherals {
		if p.Thing == thing {
			all = append(all, p)
		}
	}
	return all
}

// Peripheral gives the preferred unit of a thing, if any.
func (c Config) Peripheral(thing string) (Peripheral, bool) {
	if all := c.Of(thing); len(all) > 0 {
		return all[0], true
	}
	return Peripheral{}, false
}
