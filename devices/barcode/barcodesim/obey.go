package barcodesim

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// Order is a command that the unit understands, and its answer; none = it obeys and
// keeps silent.
type Order struct{ Send, Answer []byte }

// ear is how the unit takes what is sent to it.
type ear struct {
	open      bool
	orders    []Order
	after     time.Duration
	heard     [][]byte      // orders in the order they came
	news      chan struct{} // closed at the next one
	unknown   int           // bytes that belong to no order
	listening sync.WaitGroup
}

// Obey makes the unit listen to orders from now on and answer each after a while.
// Without it, what is sent to the unit is not even read.
func (s *Scanner) Obey(orders []Order, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ear.open && s.unit != nil {
		unit := s.unit
		s.ear.listening.Go(func() { s.listen(unit) })
	}
	s.ear.open, s.ear.orders, s.ear.after = true, orders, after
	if s.ear.news == nil {
		s.ear.news = make(chan struct{})
	}
}

// Heard gives the orders that came, and how many bytes came that were none.
func (s *Scanner) Heard() (orders [][]byte, unknown int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ear.heard), s.ear.unknown
}

// Await waits until an order came n times.
func (s *Scanner) Await(ctx context.Context, order []byte, n int) error {
	for {
		s.mu.Lock()
		count, news := 0, s.ear.news
		for _, h := range s.ear.heard {
			if bytes.Equal(h, order) {
				count++
			}
		}
		s.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// listen takes what comes until the cable is pulled.
func (s *Scanner) listen(unit io.Reader) {
	var came []byte
	buf := make([]byte, 256)
	for {
		n, err := unit.Read(buf)
		if err != nil {
			return
		}
		came = append(came, buf[:n]...)
		for {
			answer, after, used := s.take(came)
			if used == 0 {
				break
			}
			came = came[used:]
			if len(answer) == 0 {
				continue
			}
			if after > 0 {
				<-time.After(after)
			}
			_ = s.send(answer) // unplugged meanwhile: Read will say so
		}
	}
}

// take takes the order at the start of what came, or a byte that belongs to none;
// used = 0 when more must come first.
func (s *Scanner) take(came []byte) (answer []byte, after time.Duration, used int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	part := len(came) == 0
	for _, o := range s.ear.orders {
		if bytes.HasPrefix(came, o.Send) {
			s.ear.heard = append(s.ear.heard, o.Send)
			close(s.ear.news)
			s.ear.news = make(chan struct{})
			return o.Answer, s.ear.after, len(o.Send)
		}
		part = part || bytes.HasPrefix(o.Send, came)
	}
	if part {
		return nil, 0, 0
	}
	s.ear.unknown++
	return nil, 0, 1
}
