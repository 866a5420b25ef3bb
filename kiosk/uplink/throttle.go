package uplink

import (
	"context"
	"net"

	"golang.org/x/time/rate"
)

// VisitRate is how many bytes a second are sent while somebody uses the station
// and Options.VisitRate says nothing else: what they wait for goes the same way.
const VisitRate = 64 << 10

// chunk is what passes the throttle at once.
const chunk = 4 << 10

// throttle bounds what all connections send together.
type throttle struct {
	limit *rate.Limiter
	slow  rate.Limit
}

func newThrottle(bytesPerSecond int) *throttle {
	if bytesPerSecond == 0 {
		bytesPerSecond = VisitRate
	}
	return &throttle{limit: rate.NewLimiter(rate.Inf, chunk), slow: rate.Limit(bytesPerSecond)}
}

// Visit tells the uplink that somebody uses the station, or that nobody does
// any more. While somebody does it sends at most Options.VisitRate bytes a
// second; what is on its way already slows down too.
func (u *Uplink) Visit(on bool) {
	if on {
		u.throttle.limit.SetLimit(u.throttle.slow)
	} else {
		u.throttle.limit.SetLimit(rate.Inf)
	}
}

// dial makes connections that keep to the throttle.
func (t *throttle) dial(d *net.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		open, end := context.WithCancel(context.Background())
		return &slowConn{Conn: c, throttle: t, open: open, end: end}, nil
	}
}

// slowConn writes no faster than its throttle lets it.
type slowConn struct {
	net.Conn
	throttle *throttle
	open     context.Context // ends with the connection
	end      context.CancelFunc
}

func (c *slowConn) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), chunk)]
		if err := c.throttle.limit.WaitN(c.open, len(part)); err != nil {
			return n, net.ErrClosed
		}
		w, err := c.Conn.Write(part)
		if n += w; err != nil {
			return n, err
		}
		p = p[len(part):]
	}
	return n, nil
}

func (c *slowConn) Close() error {
	c.end()
	return c.Conn.Close()
}
