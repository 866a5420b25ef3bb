// Package config reads the one file that tells a station what it is and what is
// plugged into it, into one checked struct. A key that is not known is a fault;
// all faults are reported at once, each with its line, before anything is opened.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"motcua/kiosk/pin"
)

// DefaultPath is where the file is unless the command line says otherwise.
const DefaultPath = "/etc/kiosk/kiosk.toml"

// Config is a checked configuration.
type Config struct {
	Station string `toml:"station"` // short name, "CN-03": on receipts and at central
	Unit    string `toml:"unit"`    // five-digit code of the ward or commune
	Pack    string `toml:"pack"`    // directory of a pack; "" = the one built in
	Data    string `toml:"data"`    // directory of the outbox; made with mode 0700
	Hatch   string `toml:"hatch"`   // socket for kioskctl; "" = hatch.DefaultSocket

	Screen      Screen       `toml:"screen"`
	Central     Central      `toml:"central"`
	Voice       Voice        `toml:"voice"`
	Trust       Trust        `toml:"trust"`
	Staff       Staff        `toml:"staff"`
	Metrics     Metrics      `toml:"metrics"`
	Handover    Handover     `toml:"handover"`
	Peripherals []Peripheral `toml:"peripheral"` // of each thing the one that is preferred first
}

// Screen is the window.
type Screen struct {
	Width      int  `toml:"width"`  // pixels; portrait or landscape follows from them
	Height     int  `toml:"height"` // pixels
	Fullscreen bool `toml:"fullscreen"`
}

// Central is where submissions go.
type Central struct {
	URL    string `toml:"url"`    // https only
	Bundle string `toml:"bundle"` // directory with this station's keys, made at enrolment
	// VisitRate is how many bytes a second are sent at most while somebody uses
	// the station; 0 = uplink.VisitRate.
	VisitRate int `toml:"visit_rate"`
}

// Metrics is where a monitoring system on the same machine finds the figures.
type Metrics struct {
	Listen string `toml:"listen"` // "127.0.0.1:9101", loopback only; "" = nowhere
}

// Voice is how prompts are spoken.
type Voice struct {
	Level     int    `toml:"level"`     // 0 to 100
	Overrides string `toml:"overrides"` // directory of recordings that replace prompts; "" = none
}

// Trust is whose signature on a chip card is believed.
type Trust struct {
	// Anchors is a directory of the state's root certificates (CSCA) and their
	// revocation lists, DER or PEM; "" = none, so that no card is proven further
	// than chip-read.
	Anchors string `toml:"anchors"`
	Country string `toml:"country"` // two capital letters that a root must name; left out = VN
}

// Staff is who may look behind the visit.
type Staff struct {
	PIN string `toml:"pin"` // its hash, made by `kioskctl pin`; "" = there are no pages for staff
}

// Fault is one thing wrong with a file.
type Fault struct {
	Path string
	Line int // 0 = the file as a whole
	Text string
}

// Error prints path, line and what is wrong.
func (f Fault) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text)
}

// Read reads and checks the file at path. The error joins every Fault found.
func Read(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, b)
}

// Parse checks the text of a file; path is for the faults only.
func Parse(path string, text []byte) (Config, error) {
	c := Config{Screen: Screen{Width: 1080, Height: 1920}, Voice: Voice{Level: 70}, Trust: Trust{Country: "VN"}}
	var faults []error
	dec := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields()
	err := dec.Decode(&c)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			faults = append(faults, Fault{path, line, fmt.Sprintf("%q is not a key of this file", strings.Join(e.Key(), "."))})
		}
	case errors.As(err, &wrong):
		line, _ := wrong.Position()
		return c, Fault{path, line, wrong.Error()}
	case err != nil:
		return c, Fault{path, 0, err.Error()}
	}
	at := locate(text)
	c.check(func(key, format string, args ...any) {
		faults = append(faults, Fault{path, at.line(key), fmt.Sprintf(format, args...)})
	})
	slices.SortStableFunc(faults, func(a, b error) int { return a.(Fault).Line - b.(Fault).Line })
	return c, errors.Join(faults...)
}

var (
	stationName = regexp.MustCompile(`^[A-Z0-9]{1,6}-[0-9]{1,4}$`)
	unitCode    = regexp.MustCompile(`^[0-9]{5}$`)
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	plainName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
)

// check reports what is wrong, by key: "central.url", "peripheral.1.driver".
func (c *Config) check(fault func(key, format string, args ...any)) {
	if !stationName.MatchString(c.Station) {
		fault("station", "station is the short name on receipts, like \"CN-03\"; got %q", c.Station)
	}
	if !unitCode.MatchString(c.Unit) {
		fault("unit", "unit is a five-digit code, like \"00082\"; got %q", c.Unit)
	}
	if c.Data == "" {
		fault("data", "data is the directory of the outbox and has no default")
	}
	for _, side := range []struct {
		key string
		px  int
	}{{"screen.width", c.Screen.Width}, {"screen.height", c.Screen.Height}} {
		if side.px < 640 || side.px > 7680 {
			fault(side.key, "%s is in pixels, from 640 to 7680; got %d", side.key, side.px)
		}
	}
	if u, err := url.Parse(c.Central.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		fault("central.url", "central.url is an https address; got %q", c.Central.URL)
	}
	if c.Central.Bundle == "" {
		fault("central.bundle", "central.bundle is the directory of this station's keys and has no default")
	}
	if r := c.Central.VisitRate; r != 0 && r < 32<<10 { // the largest submission must go within its time
		fault("central.visit_rate", "central.visit_rate is in bytes a second, at least 32768; got %d", r)
	}
	if at, err := netip.ParseAddrPort(c.Metrics.Listen); c.Metrics.Listen != "" && (err != nil || !at.Addr().IsLoopback()) {
		fault("metrics.listen", "metrics.listen is an address of this machine alone, like \"127.0.0.1:9101\"; got %q", c.Metrics.Listen)
	}
	if c.Voice.Level < 0 || c.Voice.Level > 100 {
		fault("voice.level", "voice.level is from 0 to 100; got %d", c.Voice.Level)
	}
	if !countryCode.MatchString(c.Trust.Country) {
		fault("trust.country", "trust.country is the two capital letters of a state, like \"VN\"; got %q", c.Trust.Country)
	}
	if c.Staff.PIN != "" {
		if err := pin.CheckHash(c.Staff.PIN); err != nil {
			fault("staff.pin", "staff.pin is %v", err)
		}
	}
	c.Handover.check(fault)
	c.checkPeripherals(fault)
}
