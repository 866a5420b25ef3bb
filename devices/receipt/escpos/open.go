package escpos

import (
	"context"

	"motcua/devices"
	"motcua/devices/port"
)

// Options say which printer hangs where.
type Options struct {
	Unit string // the peripheral's name in the configuration
	// Port is a stable name: /dev/serial/by-id/…, usb:04b8:0e15 (see
	// hotplug.Name), /dev/usb/lp0, or tcp://host:9100.
	Port  string
	Baud  int    // of a serial line; USB units that call themselves serial ignore it
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
		p.WithBaud(o.Baud)
	}
	return p, nil
}
