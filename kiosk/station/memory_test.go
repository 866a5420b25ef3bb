package station_test

import (
	"context"
	"image"
	"sync"
	"time"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/receipt"
	"motcua/devices/sound"
)

// socket is where a unit is plugged in, in memory and in a bubble's own time.
type socket struct {
	mu     sync.Mutex
	wrong  error // what opening it fails with; nil = the unit is there
	pulled chan struct{}
}

func newSocket() *socket { return &socket{pulled: make(chan struct{})} }

// fail pulls the unit; opening it fails with err from then on.
func (s *socket) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == nil {
		close(s.pulled)
	}
	s.wrong = err
}

// plug puts the unit in again.
func (s *socket) plug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong != nil {
		s.wrong, s.pulled = nil, make(chan struct{})
	}
}

// open gives a channel that is closed when the unit is pulled.
func (s *socket) open() (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pulled, s.wrong
}

// scanner is a barcode scanner in memory.
type scanner struct {
	*socket
	codes chan string // "" = garbled
}

func (s *scanner) unit(context.Context) (barcode.Scanner, error) {
	pulled, err := s.open()
	if err != nil {
		return nil, err
	}
	return &openScanner{s, pulled}, nil
}

type openScanner struct {
	*scanner
	pulled <-chan struct{}
}

func (s *openScanner) Next(ctx context.Context) (barcode.Code, error) {
	select {
	case code := <-s.codes:
		if code == "" {
			return barcode.Code{}, devices.Fail("scanner", "read", devices.ErrGarbled, nil)
		}
		return barcode.Code{Text: code, Raw: []byte(code)}, nil
	case <-s.pulled:
		return barcode.Code{}, devices.Fail("scanner", "read", devices.ErrGone, nil)
	case <-ctx.Done():
		return barcode.Code{}, ctx.Err()
	}
}

func (s *openScanner) Close() error { return nil }

// printTakes is how long a slip takes.
const printTakes = 2 * time.Second

// printer is a receipt printer in memory.
type printer struct {
	*socket
	name string

	mu     sync.Mutex
	status receipt.Status
	whole  []*image.Gray // the pieces that came out
}

func newPrinter(name string) *printer {
	return &printer{socket: newSocket(), name: name, status: receipt.OK}
}

func (p *printer) be(s receipt.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = s
}

func (p *printer) pieces() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.whole)
}

func (p *printer) unit(context.Context) (receipt.Printer, error) {
	pulled, err := p.open()
	if err != nil {
		return nil, err
	}
	return &openPrinter{p, pulled}, nil
}

type openPrinter struct {
	*printer
	pulled <-chan struct{}
}

func (p *openPrinter) Width() int { return 576 }

func (p *openPrinter) Status(ctx context.Context) (receipt.Status, error) {
	select {
	case <-p.pulled:
		return receipt.Unknown, devices.Fail(p.name, "read status", devices.ErrGone, nil)
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, ctx.Err()
}

// Print looks now and then whether the unit is well, as a driver does.
func (p *openPrinter) Print(ctx context.Context, s receipt.Slip) error {
	for range 10 {
		switch status, err := p.Status(ctx); {
		case err != nil:
			return err
		case status.Bad():
			return devices.Fail(p.name, "print", devices.ErrStaff, &receipt.StaffError{Status: status})
		}
		select {
		case <-time.After(printTakes / 10):
		case <-ctx.Done():
			return ctx.Err()
		case <-p.pulled:
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = append(p.whole, s.Page)
	return nil
}

func (p *openPrinter) Close() error { return nil }

// speaker is a loudspeaker in memory.
type speaker struct{ *socket }

func (s speaker) unit(context.Context) (sound.Speaker, error) {
	pulled, err := s.open()
	if err != nil {
		return nil, err
	}
	return openSpeaker{pulled}, nil
}

type openSpeaker struct{ pulled <-chan struct{} }

func (s openSpeaker) Play(ctx context.Context, c sound.Clip) error {
	select {
	case <-time.After(c.Length()):
		return nil
	case <-s.pulled:
		return devices.Fail("speaker", "play", devices.ErrGone, nil)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (openSpeaker) SetLevel(sound.Level) {}
func (openSpeaker) Close() error         { return nil }
