package escpos

import (
	"context"

	"motcua/devices"
	"motcua/devices/hotplug"
	"motcua/devices/port"
)

// Options say which printer hangs where.
type Options struct {
	Unit string // the peripheral's name in the configuration
	// Port is a stable name: /dev/serial/by-id/…, usb:04b8:0e15 (see
	// hotplug.Name), /dev/usb/lp0, or tcp://host:9100.
	Port  string
	Baud  int    // of a serial line, 0 = 9,600; USB units that call themselves serial ignore it
	Model string // a name out of profiles.yaml
	// RTSCTS: the unit stops us by its CTS line. Without it the driver paces
	// itself by Baud.
	RTSCTS bool
}

// Open opens the line and makes a printer of what is at its end. It
// fails with devices.ErrGone when nothing is there and devices.ErrRefused when
// the model is unknown or the line cannot be had. It sends nothing yet.
func Open(ctx context.Context, o Options) (*Printer, error) {
	profile, err := Model(o.Model)
	if err != nil {
		return nil, devices.Fail(o.Unit, "open", devices.ErrRefused, err)
	}
	line, err := port.Open(ctx, port.Options{Unit: o.Unit, Port: o.Port, Baud: o.Baud, RTSCTS: o.RTSCTS})
	if err != nil {
		return nil, err
	}
	p := New(o.Unit, line, profile)
	if _, serial := line.(*port.Serial); serial && !o.RTSCTS {
		unit, err := hotplug.Tree{}.Find(o.Port, "tty")
		if err != nil {
			unit = hotplug.Unit{} // it went just now, as the first call will tell
		}
		p.WithBaud(speed(o.Baud, unit))
	}
	return p, nil
}

// speed is what to reckon with on a serial line; 0 = the line holds us back by
// itself. A line whose speed is not told has the default one if it is a wire, which
// USB units that call themselves modems (cdc_acm) and ptys are not.
func speed(baud int, line hotplug.Unit) int {
	if baud == 0 && line.Sys != "" && line.Driver != "cdc_acm" {
		return port.DefaultBaud
	}
	return baud
}
