package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const good = `station = "CN-03"
unit = "00082"
data = "/var/lib/kiosk"

[screen]
width = 1080
height = 1920
fullscreen = true

[central]
url = "https://central.example"
bundle = "/etc/kiosk/bundle"

[[peripheral]]
name = "scanner"
thing = "barcode"
driver = "serial"
port = "/dev/serial/by-id/usb-scanner"
baud = 9600

[[peripheral]]
name = "printer"
thing = "receipt"
driver = "escpos"
port = "/dev/serial/by-id/usb-printer"
profile = "generic-80"
required = true
`

func TestParse(t *testing.T) {
	got, err := Parse("kiosk.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Station: "CN-03", Unit: "00082", Data: "/var/lib/kiosk",
		Screen:  Screen{Width: 1080, Height: 1920, Fullscreen: true},
		Central: Central{URL: "https://central.example", Bundle: "/etc/kiosk/bundle"},
		Voice:   Voice{Level: 70},
		Trust:   Trust{Country: "VN"},
		Peripherals: []Peripheral{
			{Name: "scanner", Thing: "barcode", Driver: "serial", Port: "/dev/serial/by-id/usb-scanner", Baud: 9600},
			{Name: "printer", Thing: "receipt", Driver: "escpos", Port: "/dev/serial/by-id/usb-printer", Profile: "generic-80", Required: true},
		}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	if _, ok := got.Peripheral("sound"); ok {
		t.Error("Peripheral(sound): found one that is not there")
	}
}

// TestFaults checks that every fault of a file is named with its line, at once.
func TestFaults(t *testing.T) {
	text := strings.NewReplacer(
		`station = "CN-03"`, `station = "kiosk three"`,
		`unit = "00082"`, `unit = "82"`,
		`width = 1080`, `width = 10`,
		`https://central`, `http://central`,
		`baud = 9600`, `baud = -1`,
		`driver = "escpos"`, `driver = "laser"`,
		`fullscreen = true`, `full_screen = true`,
	).Replace(good) + "[[peripheral]]\nname = \"scanner\"\nthing = \"telex\"\ndriver = \"oto\"\n"
	_, err := Parse("kiosk.toml", []byte(text))
	if err == nil {
		t.Fatal("Parse: no fault found")
	}
	for _, want := range []string{
		`kiosk.toml:1: station is the short name on receipts, like "CN-03"; got "kiosk three"`,
		`kiosk.toml:2: unit is a five-digit code`,
		`kiosk.toml:6: screen.width is in pixels`,
		`kiosk.toml:8: "screen.full_screen" is not a key of this file`,
		`kiosk.toml:11: central.url is an https address`,
		`kiosk.toml:19: baud is a rate`,
		`kiosk.toml:24: drivers for receipt: escpos; got "laser"`,
		`kiosk.toml:29: there is another peripheral named "scanner"`,
		`kiosk.toml:30: thing is barcode, camera, card, receipt or sound; got "telex"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Parse: fault %q is not among:\n%v", want, err)
		}
	}
}

func TestHIDScanner(t *testing.T) {
	unit := func(lines string) string {
		head, _, _ := strings.Cut(good, "[[peripheral]]")
		return head + "[[peripheral]]\nname = \"scanner\"\nthing = \"barcode\"\ndriver = \"hid\"\n" + lines
	}
	c, err := Parse("kiosk.toml", []byte(unit("usb = \"0C2E:0b6a\"\nkind = \"keyboard\"\n")))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Peripherals[0]; p.USB != "0C2E:0b6a" || p.Kind != "keyboard" {
		t.Errorf("usb %q, kind %q", p.USB, p.Kind)
	}
	for lines, want := range map[string]string{
		"":                 `usb is the unit's VID:PID`,
		"usb = \"0c2e\"\n": `got "0c2e"`,
		"usb = \"0c2e:0b6a\"\nkind = \"camera\"\n": `kind is pos or keyboard; got "camera"`,
	} {
		if _, err := Parse("kiosk.toml", []byte(unit(lines))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse of %q: %v, want %q", lines, err, want)
		}
	}
}

func TestCardReader(t *testing.T) {
	unit := func(lines string) string {
		head, _, _ := strings.Cut(good, "[[peripheral]]")
		return head + "[trust]\nanchors = \"/etc/kiosk/csca\"\n[[peripheral]]\nname = \"reader\"\nthing = \"card\"\n" + lines
	}
	for lines, want := range map[string]Peripheral{
		"driver = \"pcsc\"\n":                          {Driver: "pcsc"},
		"driver = \"pcsc\"\nreader = \"ACR1252\"\n":    {Driver: "pcsc", Reader: "ACR1252"},
		"driver = \"acr122s\"\nport = \"/dev/r\"\n":    {Driver: "acr122s", Port: "/dev/r"},
		"driver = \"acr122s\"\nport = \"p\"\nbaud = 1": {Driver: "acr122s", Port: "p", Baud: 1},
	} {
		want.Name, want.Thing = "reader", "card"
		c, err := Parse("kiosk.toml", []byte(unit(lines)))
		if err != nil {
			t.Errorf("Parse of %q: %v", lines, err)
			continue
		}
		got, _ := c.Peripheral("card")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse of %q (-want +got):\n%s", lines, diff)
		}
		if diff := cmp.Diff(Trust{Anchors: "/etc/kiosk/csca", Country: "VN"}, c.Trust); diff != "" {
			t.Errorf("Parse of %q (-want +got):\n%s", lines, diff)
		}
	}
	for lines, want := range map[string]string{
		"driver = \"ccid\"\n":                                    `kiosk.toml:19: drivers for card: pcsc, acr122s; got "ccid"`,
		"driver = \"acr122s\"\n":                                 `kiosk.toml:16: port is the path of the line to it`,
		"driver = \"acr122s\"\nport = \"p\"\nreader = \"ACR\"\n": `kiosk.toml:21: reader is not for acr122s but for pcsc`,
		"driver = \"pcsc\"\nport = \"/dev/ttyUSB0\"\n":           `kiosk.toml:20: port is not for pcsc but for serial, camera, v4l2, escpos, acr122s`,
		"driver = \"pcsc\"\nanchors = \"/etc\"\n":                `kiosk.toml:20: "peripheral.anchors" is not a key`,
		"driver = \"pcsc\"\n[trust.x]\ncountry = \"VN\"\n":       `kiosk.toml:20: "trust.x" is not a key`,
	} {
		if _, err := Parse("kiosk.toml", []byte(unit(lines))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse of %q: %v, want %q", lines, err, want)
		}
	}
	text := strings.Replace(unit("driver = \"pcsc\"\n"), "anchors", "country = \"Viet Nam\"\nanchors", 1)
	if _, err := Parse("kiosk.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), `kiosk.toml:15: trust.country is the two capital letters of a state`) {
		t.Errorf("Parse of a state by its name: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	const rate = "bundle = \"/etc/kiosk/bundle\"\nvisit_rate = %s\n"
	text := func(listen, perSecond string) []byte {
		t := strings.Replace(good, "bundle = \"/etc/kiosk/bundle\"\n", strings.Replace(rate, "%s", perSecond, 1), 1)
		return []byte(t + "[metrics]\nlisten = \"" + listen + "\"\n")
	}
	c, err := Parse("kiosk.toml", text("[::1]:9101", "32768"))
	if err != nil || c.Metrics.Listen != "[::1]:9101" || c.Central.VisitRate != 32768 {
		t.Errorf("%+v, %+v, %v", c.Metrics, c.Central, err)
	}
	for _, listen := range []string{"0.0.0.0:9101", ":9101", "192.0.2.1:9101", "127.0.0.1"} {
		if _, err := Parse("kiosk.toml", text(listen, "0")); err == nil || !strings.Contains(err.Error(), "metrics.listen is an address of this machine alone") {
			t.Errorf("Parse with metrics at %q: %v", listen, err)
		}
	}
	if _, err := Parse("kiosk.toml", text("127.0.0.1:9101", "100")); err == nil || !strings.Contains(err.Error(), "visit_rate is in bytes a second") {
		t.Errorf("Parse with 100 bytes a second: %v", err)
	}
}

// unit is a configuration with one unit more; its lines begin at line 14.
func unit(lines string) []byte {
	head, _, _ := strings.Cut(good, "[[peripheral]]")
	return []byte(head + "[[peripheral]]\nname = \"u\"\n" + lines)
}

// TestUnits: what each driver takes and what it does not.
func TestUnits(t *testing.T) {
	for lines, want := range map[string]Peripheral{
		"thing = \"barcode\"\ndriver = \"serial\"\nport = \"/dev/s\"\nprofile = \"honeywell\"\ntrigger = \"host\"\n": {
			Thing: "barcode", Driver: "serial", Port: "/dev/s", Profile: "honeywell", Trigger: "host"},
		"thing = \"barcode\"\ndriver = \"hid\"\nusb = \"0c2e:0b6a\"\ninterface = 1\n": {
			Thing: "barcode", Driver: "hid", USB: "0c2e:0b6a", Interface: 1},
		"thing = \"barcode\"\ndriver = \"camera\"\nport = \"/dev/v4l/by-id/c\"\n": {
			Thing: "barcode", Driver: "camera", Port: "/dev/v4l/by-id/c"},
		"thing = \"receipt\"\ndriver = \"escpos\"\nport = \"usb:04b8:0e15\"\nprofile = \"epson-tm-t82\"\n": {
			Thing: "receipt", Driver: "escpos", Port: "usb:04b8:0e15", Profile: "epson-tm-t82"},
		"thing = \"receipt\"\ndriver = \"escpos\"\nport = \"tcp://10.0.0.9:9100\"\nprofile = \"generic-80\"\n": {
			Thing: "receipt", Driver: "escpos", Port: "tcp://10.0.0.9:9100", Profile: "generic-80"},
		"thing = \"camera\"\ndriver = \"v4l2\"\nport = \"/dev/v4l/by-id/c\"\nwidth = 1920\nheight = 1080\n": {
			Thing: "camera", Driver: "v4l2", Port: "/dev/v4l/by-id/c", Width: 1920, Height: 1080},
		"thing = \"sound\"\ndriver = \"oto\"\ncard = \"Device_1\"\n": {Thing: "sound", Driver: "oto", Card: "Device_1"},
	} {
		want.Name = "u"
		c, err := Parse("kiosk.toml", unit(lines))
		if err != nil {
			t.Errorf("Parse of %q: %v", lines, err)
		}
		if diff := cmp.Diff([]Peripheral{want}, c.Peripherals); diff != "" {
			t.Errorf("Parse of %q (-want +got):\n%s", lines, diff)
		}
	}
	for lines, want := range map[string]string{
		"thing = \"barcode\"\ndriver = \"serial\"\nport = \"p\"\nprofile = \"acme\"\n":                                                                `kiosk.toml:19: `,
		"thing = \"barcode\"\ndriver = \"serial\"\nport = \"p\"\ntrigger = \"host\"\n":                                                                `kiosk.toml:19: trigger needs a profile`,
		"thing = \"barcode\"\ndriver = \"serial\"\nport = \"p\"\ntrigger = \"pull\"\n":                                                                `kiosk.toml:19: trigger is presentation or host; got "pull"`,
		"thing = \"barcode\"\ndriver = \"camera\"\n":                                                                                                  `kiosk.toml:14: port is the path of the line to it, best below /dev/v4l/by-id`,
		"thing = \"barcode\"\ndriver = \"camera\"\nport = \"p\"\nbaud = 9600\n":                                                                       `kiosk.toml:19: baud is not for camera but for serial, escpos, acr122s`,
		"thing = \"camera\"\ndriver = \"v4l2\"\n":                                                                                                     `kiosk.toml:14: port is the path of the line to it, best below /dev/v4l/by-id`,
		"thing = \"camera\"\ndriver = \"camera\"\nport = \"p\"\n":                                                                                     `drivers for camera: v4l2; got "camera"`,
		"thing = \"camera\"\ndriver = \"v4l2\"\nport = \"p\"\nwidth = 1920\n":                                                                         `kiosk.toml:19: width and height are those of a picture`,
		"thing = \"camera\"\ndriver = \"v4l2\"\nport = \"p\"\nwidth = -1\nheight = 5\n":                                                               `got -1 and 5`,
		"thing = \"barcode\"\ndriver = \"camera\"\nport = \"p\"\nwidth = 1920\nheight = 1080\n":                                                       `width is not for camera but for v4l2`,
		"thing = \"camera\"\ndriver = \"v4l2\"\nport = \"p\"\n[[peripheral]]\nname = \"b\"\nthing = \"barcode\"\ndriver = \"camera\"\nport = \"p\"\n": `"u" has this camera`,
		"thing = \"camera\"\ndriver = \"v4l2\"\nport = \"p\"\n[[peripheral]]\nname = \"b\"\nthing = \"camera\"\ndriver = \"v4l2\"\nport = \"q\"\n":    `"u" takes the pictures of papers already`,
		"thing = \"barcode\"\ndriver = \"hid\"\nusb = \"0c2e:0b6a\"\ninterface = 99\n":                                                                `kiosk.toml:19: interface is the number`,
		"thing = \"receipt\"\ndriver = \"escpos\"\nport = \"tcp://\"\nprofile = \"generic-80\"":                                                       `kiosk.toml:18: port on a network is like`,
		"thing = \"receipt\"\ndriver = \"escpos\"\nport = \"usb:x\"\nprofile = \"generic-80\"":                                                        `kiosk.toml:18: `,
		"thing = \"receipt\"\ndriver = \"escpos\"\nport = \"p\"\nprofile = \"laser\"":                                                                 `kiosk.toml:19: `,
		"thing = \"sound\"\ndriver = \"oto\"\ncard = \"hw:1\"":                                                                                        `kiosk.toml:18: card is the id of a sound card`,
		"thing = \"sound\"\ndriver = \"oto\"\n[[peripheral]]\nname = \"b\"\nthing = \"sound\"\ndriver = \"oto\"":                                      `kiosk.toml:20: "u" is a loudspeaker already`,
		"thing = \"sound\"\ndriver = \"oto\"\n[staff]\npin = \"4711\"":                                                                                `kiosk.toml:19: staff.pin is not the hash of a PIN`,
	} {
		if _, err := Parse("kiosk.toml", unit(lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse of %q: %v, want %q", lines, err, want)
		}
	}
}

// TestSeveralOfAThing: they are kept in their order, the first preferred.
func TestSeveralOfAThing(t *testing.T) {
	more := good + "[[peripheral]]\nname = \"spare\"\nthing = \"receipt\"\ndriver = \"escpos\"\nport = \"/dev/usb/lp0\"\nprofile = \"generic-58\"\n"
	c, err := Parse("kiosk.toml", []byte(more))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range c.Of("receipt") {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"printer", "spare"}, names); diff != "" {
		t.Errorf("Of(receipt) (-want +got):\n%s", diff)
	}
	if first, ok := c.Peripheral("receipt"); !ok || first.Name != "printer" {
		t.Errorf("Peripheral(receipt) gives %q", first.Name)
	}
}

func TestNotTOML(t *testing.T) {
	_, err := Parse("kiosk.toml", []byte("station = \"CN-03\"\nunit 00082\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "kiosk.toml:2: ") {
		t.Errorf("Parse: %v, want a fault in line 2", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("[[peripheral]]\n[peripheral.x]\n")
	f.Add("a.b.c = {d = [1, {e = 2}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text))
		if err == nil && (c.Station == "" || c.Central.URL == "") {
			t.Errorf("Parse took a configuration without station or central: %q", text)
		}
	})
}
