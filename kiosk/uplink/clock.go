package uplink

import (
	"crypto/x509"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// Tolerance is how far the station's clock may be wrong without cutting it
	// off, when nothing was heard from central yet.
	Tolerance = 3 * 24 * time.Hour
	// MaxSkew is the largest difference to central's clock that is believed
	// when certificates are checked.
	MaxSkew = 30 * 24 * time.Hour
)

// shifts are tried one after the other when a certificate is out of date.
var shifts = [...]time.Duration{0, Tolerance / 3, -Tolerance / 3, Tolerance, -Tolerance}

// clock keeps the station's time and central's.
type clock struct {
	now   func() time.Time
	floor time.Time // it is certainly later than this

	mu    sync.Mutex // guards what follows
	skew  time.Duration
	heard time.Time // by the station's clock; zero = skew is not known
	shift int
}

// check is the time at which certificates are checked; see the package doc.
func (c *clock) check() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.best().Add(shifts[c.shift])
}

// best is the time that it most likely is. The caller holds mu.
func (c *clock) best() time.Time {
	t := c.now()
	if !c.heard.IsZero() && c.skew.Abs() <= MaxSkew {
		t = t.Add(c.skew)
	}
	if t.Before(c.floor) {
		t = c.floor
	}
	return t
}

// candidates are all times at which connections would check a certificate one
// after the other, for a certificate that did not come by one.
func (c *clock) candidates() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]time.Time, len(shifts))
	for i, s := range shifts {
		all[i] = c.best().Add(s)
	}
	return all
}

// hear takes central's time out of a reply that came over a checked connection.
func (c *clock) hear(central time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = c.now()
	c.skew = central.Sub(c.heard).Round(time.Second)
	if c.skew.Abs() <= MaxSkew {
		c.shift = 0 // from here on the corrected time is right
	}
}

// hearDate takes the time from a Date header, which is cut to the second: it
// corrects a better value only where it differs by more than that.
func (c *clock) hearDate(central time.Time) {
	if skew, known := c.difference(); known && (central.Sub(c.now())-skew).Abs() <= 2*time.Second {
		return
	}
	c.hear(central)
}

// failed looks at why a connection failed and moves to the next shift when a
// certificate was out of date at the time that was checked.
func (c *clock) failed(err error) {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); !ok || invalid.Reason != x509.Expired {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = (c.shift + 1) % len(shifts)
}

// difference is central's time minus the station's; false = not known.
func (c *clock) difference() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew, !c.heard.IsZero()
}

// builtAt is the time of the commit that the program was built from; zero when
// the build does not say.
func builtAt() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
