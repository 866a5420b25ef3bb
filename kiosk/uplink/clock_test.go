package uplink

import (
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"motcua/kiosk/outbox"
)

// A clock that is wrong stops neither the certificate check nor delivery.
func TestDeliversWithAWrongClock(t *testing.T) {
	day := 24 * time.Hour
	year := func(y int) func() time.Time {
		return func() time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	}
	ahead := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
	for _, c := range []struct {
		name     string
		now      func() time.Time
		from, to time.Duration // validity of central's certificate, from now
		built    time.Duration // when the program was built, from now
		want     bool
	}{
		{"right", time.Now, -time.Hour, time.Hour, -10 * day, true},
		{"two days ahead, certificate ends tomorrow", ahead(2 * day), -3 * day, day, -10 * day, true},
		{"two days behind, certificate began yesterday", ahead(-2 * day), -day, 3 * day, -10 * day, true},
		{"back in 1970, built last week", year(1970), -30 * day, day, -7 * day, true},
		{"back in 1970, built today, certificate of yesterday", year(1970), -day, 30 * day, -time.Hour, true},
		{"ten days ahead, certificate long ended there", ahead(10 * day), -day, day, -10 * day, false},
		{"right, certificate ended a month ago", time.Now, -60 * day, -30 * day, -90 * day, false},
		{"right, certificate begins in a month", time.Now, 30 * day, 60 * day, -90 * day, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			a := newAuthority(t)
			srv := a.serve(r.central, a.issue("central", time.Now().Add(c.from), time.Now().Add(c.to)))
			r.up = New(Options{Outbox: r.box, Base: srv.URL, TLS: a.client(), Station: station, Tell: r.tell,
				Now: c.now, Built: time.Now().Add(c.built)})
			if !c.want { // as many tries as there are shifts
				for range shifts {
					r.up.ask(t.Context())
				}
				if s := r.up.State(); s.Online || s.Cause != NotCentral {
					t.Errorf("State = %+v, want the certificate refused", s)
				}
				return
			}
			it := r.file()
			r.run()
			if e := r.settled(it.ID); e.State != outbox.Received || time.Since(e.Central.At).Abs() > time.Minute {
				t.Errorf("entry %+v, want it received, with central's time", e)
			}
			want := time.Until(c.now()) // both clocks are kept
			if s := r.up.State(); !s.SkewKnown || (s.Skew+want).Abs() > 3*time.Second {
				t.Errorf("Skew = %v, want %v", s.Skew, -want)
			}
		})
	}
}

func TestCheckTime(t *testing.T) {
	now := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	c := &clock{now: func() time.Time { return now }, floor: now.Add(-time.Hour)}
	expired := fmt.Errorf("tls: %w", x509.CertificateInvalidError{Reason: x509.Expired})
	for i, want := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, Tolerance, -Tolerance, 0} {
		if got := c.check().Sub(now); got != want {
			t.Errorf("after %d failures %v, want %v", i, got, want)
		}
		c.failed(expired)
	}
	c.failed(x509.UnknownAuthorityError{})
	if got := c.check().Sub(now); got != 24*time.Hour {
		t.Errorf("a stranger moved the time to %v", got)
	}
	c.hear(now.Add(-48 * time.Hour)) // central is right, we are two days ahead
	if got, want := c.check(), c.floor; got != want {
		t.Errorf("corrected time %v, want the floor %v", got, want)
	}
	c.hear(now.Add(48 * time.Hour))
	if got := c.check().Sub(now); got != 48*time.Hour {
		t.Errorf("corrected by %v, want 48h", got)
	}
	c.hear(now.Add(400 * 24 * time.Hour))
	if got := c.check().Sub(now); got != 0 {
		t.Errorf("corrected by %v on a difference beyond MaxSkew, want 0", got)
	}
}
