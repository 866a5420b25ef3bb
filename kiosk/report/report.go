// Package report is the readiness report of a station: what is plugged in, how the
// last test of each peripheral ended, and whether anything stands in the way of
// serving citizens. It is a value for programs, as JSON, and a page of A4 to sign
// and hand over, as PDF.
//
// It holds no personal data: no submission, no code's content, no name.
package report

import (
	"fmt"
	"time"
)

// Report is a station at one moment.
type Report struct {
	Made        time.Time    `json:"made"`
	Station     string       `json:"station"` // "CN-03"
	Ward        string       `json:"ward"`    // its name, "" = not known
	Unit        string       `json:"unit"`    // its code, "00082"
	Running     bool         `json:"running"` // the kiosk answered
	Since       time.Time    `json:"since,omitzero"`
	Versions    Versions     `json:"versions"`
	Peripherals []Peripheral `json:"peripherals"`
	Troubles    []Trouble    `json:"troubles"`
	Outbox      Outbox       `json:"outbox"`
	Uplink      Uplink       `json:"uplink"`
	Clock       Clock        `json:"clock"`
	Disk        Disk         `json:"disk"`

	Ready  bool    `json:"ready"`  // set by Judge
	Points []Point `json:"points"` // set by Judge; the grave ones first
}

// Versions are what runs.
type Versions struct {
	Kiosk    string `json:"kiosk"` // "" = not running
	Kioskctl string `json:"kioskctl"`
	Pack     string `json:"pack"`
	System   string `json:"system"` // "Debian GNU/Linux 12 (bookworm)"
	Kernel   string `json:"kernel"`
}

// Peripheral is one unit of the configuration.
type Peripheral struct {
	Name     string    `json:"name"`
	Thing    string    `json:"thing"` // barcode, camera, card, receipt, sound
	Plate    string    `json:"plate"` // maker, model and serial number; "" = not known
	Driver   string    `json:"driver"`
	Where    string    `json:"where"`
	Required bool      `json:"required"`
	State    string    `json:"state"`
	Fine     bool      `json:"fine"`
	Since    time.Time `json:"since,omitzero"`
	Problem  string    `json:"problem,omitempty"`
	Test     *Test     `json:"test"` // null = never tried
}

// Test is how the last test of a peripheral ended.
type Test struct {
	What   string    `json:"what"`
	At     time.Time `json:"at"`
	Passed bool      `json:"passed"`
	Found  string    `json:"found"`
	By     string    `json:"by"`
	Good   time.Time `json:"last_pass,omitzero"`
}

// Trouble is something that the kiosk says is wrong.
type Trouble struct {
	Code  string    `json:"code"`
	Title string    `json:"title"` // in Vietnamese
	Who   string    `json:"who"`
	Since time.Time `json:"since"`
}

// Outbox is what is stored here and not yet settled.
type Outbox struct {
	Waiting int       `json:"waiting"`
	Refused int       `json:"refused"`
	Oldest  time.Time `json:"oldest,omitzero"`
}

// Uplink is the way to central.
type Uplink struct {
	URL     string    `json:"url"`
	Reached bool      `json:"reached"`
	Last    time.Time `json:"last,omitzero"`
	Problem string    `json:"problem,omitempty"`
}

// Clock is whether the computer's clock is kept right, as the kernel says.
type Clock struct {
	Known  bool          `json:"known"`
	Synced bool          `json:"synced"`
	Off    time.Duration `json:"max_error_ns"` // how far it may be off
}

// Disk is where the outbox lies.
type Disk struct {
	Path string `json:"path"`
	Size uint64 `json:"size"` // bytes; 0 = not known
	Free uint64 `json:"free"`
}

// Point is something to see to. A grave one stands in the way of serving citizens.
type Point struct {
	Grave bool   `json:"grave"`
	What  string `json:"what"`
	Do    string `json:"do"`
}

// Bounds beyond which a station is not as it should be.
const (
	stale    = 31 * 24 * time.Hour // a test is to be done each month
	tardy    = 24 * time.Hour      // that a submission may wait, or central be away
	tight    = 1 << 30             // bytes: months of submissions, and the log
	narrow   = 10                  // percent of the disk
	clockOff = 5 * time.Second     // that a clock may be off: what central's certificates and receipts bear
)

// Judge works out the points, and whether the station is ready: it is without a
// grave one.
func (r *Report) Judge() {
	var grave, light []Point
	point := func(heavy bool, do, what string, args ...any) {
		p := Point{heavy, fmt.Sprintf(what, args...), do}
		if heavy {
			grave = append(grave, p)
		} else {
			light = append(light, p)
		}
	}
	if !r.Running {
		point(true, "systemctl start kiosk", "The kiosk does not run.")
	}
	if len(r.Peripherals) == 0 {
		point(true, "kioskctl identify gives the lines", "No peripheral is configured.")
	}
	for _, p := range r.Peripherals {
		if !p.Fine {
			said := p.State
			if p.Problem != "" {
				said += " (" + p.Problem + ")"
			}
			point(p.Required, "kioskctl devices", "%s: %s.", p.Name, said)
		}
		test := "kioskctl doctor --only " + p.Name
		switch {
		case p.Test == nil:
			point(p.Required, test, "%s was never tried.", p.Name)
		case !p.Test.Passed:
			point(p.Required, test, "%s failed its last test: %s.", p.Name, p.Test.Found)
		case r.Made.Sub(p.Test.At) > stale:
			point(false, test, "%s was tried last %s ago.", p.Name, span(r.Made.Sub(p.Test.At)))
		}
	}
	if r.Running {
		r.judgeWay(point)
	}
	switch {
	case !r.Clock.Known:
		point(false, "timedatectl", "It is not known whether the clock is right.")
	case !r.Clock.Synced || r.Clock.Off > clockOff:
		point(true, "timedatectl set-ntp true", "Nothing keeps the clock right.")
	}
	switch d := r.Disk; {
	case d.Size == 0:
		point(false, "df "+d.Path, "It is not known how much room the disk has.")
	case d.Free < tight:
		point(true, "free the disk of "+d.Path, "The disk has %s left.", size(d.Free))
	case d.Free*100 < d.Size*narrow:
		point(false, "free the disk of "+d.Path, "The disk has %s left of %s.", size(d.Free), size(d.Size))
	}
	r.Points = append(grave, light...)
	r.Ready = len(grave) == 0
}

// judgeWay looks at what goes out, which only a running kiosk tells.
func (r *Report) judgeWay(point func(heavy bool, do, what string, args ...any)) {
	if r.Outbox.Refused > 0 {
		point(false, "kioskctl outbox list", "%d submissions were refused by central and need somebody.", r.Outbox.Refused)
	}
	if r.Outbox.Waiting > 0 && r.Made.Sub(r.Outbox.Oldest) > tardy {
		point(false, "kioskctl outbox list", "The oldest submission has waited for %s.", span(r.Made.Sub(r.Outbox.Oldest)))
	}
	switch {
	case r.Uplink.Reached:
	case r.Uplink.Last.IsZero():
		point(true, "kioskctl status", "Central was never reached.")
	default:
		away := r.Made.Sub(r.Uplink.Last)
		point(away > tardy, "kioskctl status", "Central has not answered for %s.", span(away))
	}
}

// span is a length of time in at most two units.
func span(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// size is an amount of bytes as disks are sold.
func size(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d bytes", n)
}
