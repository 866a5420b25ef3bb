package serial_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/barcode/barcodetest"
	"motcua/devices/barcode/serial"
	"motcua/devices/port/porttest"
)

func profile(t *testing.T, name string) serial.Profile {
	t.Helper()
	p, err := serial.ProfileOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// orders gives what a unit of that profile understands, and answers or not.
func orders(p serial.Profile, answer func(serial.Command) []byte) (all []barcodesim.Order) {
	for _, c := range slices.Concat(p.Presentation, p.Host, []serial.Command{p.On, p.Off}) {
		if len(c.Send) > 0 {
			all = append(all, barcodesim.Order{Send: c.Send, Answer: answer(c)})
		}
	}
	return all
}

func ack(c serial.Command) []byte  { return c.Ack }
func nak(c serial.Command) []byte  { return c.Nak }
func none(serial.Command) []byte   { return nil }
func send(c serial.Command) string { return string(c.Send) }

// soon ends a wait for what does not come.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// The suite once more with a unit that is made to read by us, whatever it makes of
// that: no answer of its own is ever taken for a code.
func TestTriggeredScanner(t *testing.T) {
	for name, manner := range map[string]struct {
		answer func(serial.Command) []byte
		after  time.Duration
	}{"answers": {ack, 0}, "ignores": {none, 0}, "slow": {ack, 20 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			barcodetest.Run(t, func(t *testing.T) barcodetest.Bench {
				sim, link := plugIn(t)
				p := profile(t, "newland")
				p.Patience = 5 // shorter than the slow unit takes
				sim.Obey(orders(p, manner.answer), manner.after)
				o := serial.Options{Unit: "scanner", Path: link, Gap: 5 * time.Second, Repeat: 2 * time.Second, Profile: p, Trigger: serial.Host}
				scanner, err := serial.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				scan := func(content, suffix string) {
					if err := sim.Scan([]byte(content), suffix); err != nil {
						t.Errorf("Scan = %v", err)
					}
				}
				return barcodetest.Bench{
					Scanner: scanner,
					Unit:    "scanner",
					Scan:    func(content string) { scan(content, "\r\n") },
					Half: func(content string) func() {
						if err := sim.Await(soon(t), p.On.Send, 1); err != nil {
							t.Error(err)
						}
						scan(content[:40], "")
						return func() { scan(content[40:], "\r\n") }
					},
					Flood:   func() { _ = sim.Garbage(20_000); scan("", "\r\n") },
					Repeat:  o.Repeat,
					Unplug:  func() { _ = sim.Unplug() },
					PutAway: func() { _ = sim.Close() },
				}
			})
		})
	}
}

// Every profile, each trigger it has: the unit hears what the profile says and
// nothing else.
func TestProfilesOnPty(t *testing.T) {
	all, err := serial.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for trigger, commands := range map[serial.Trigger][]serial.Command{serial.AsSet: nil, serial.Presentation: p.Presentation, serial.Host: p.Host} {
			if trigger == serial.Host && len(p.On.Send) == 0 {
				continue
			}
			t.Run(p.Name+" "+string(trigger), func(t *testing.T) {
				sim, link := plugIn(t)
				sim.Obey(orders(p, ack), 0)
				p := p
				p.Patience = min(p.Patience*20, 20_000) // on a busy machine
				s, err := serial.Open(t.Context(), serial.Options{Unit: "scanner", Path: link, Gap: 5 * time.Second, Profile: p, Trigger: trigger})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				want := serial.NotAsked
				if slices.ContainsFunc(commands, func(c serial.Command) bool { return len(c.Ack) > 0 }) {
					want = serial.Obeyed
				}
				if got := s.Answer(); got != want {
					t.Errorf("Answer = %v; want %v", got, want)
				}
				scanned := make(chan error, 1)
				go func() {
					if trigger == serial.Host {
						if err := sim.Await(soon(t), p.On.Send, 1); err != nil {
							scanned <- err
							return
						}
					}
					scanned <- sim.Scan([]byte(string(p.Prefix)+barcodetest.Card+string(p.Suffix)), "\r")
				}()
				code, err := s.Next(t.Context())
				if err != nil || code.Text != barcodetest.Card {
					t.Errorf("Next = %q, %v", code.Text, err)
				}
				if err := <-scanned; err != nil {
					t.Fatal(err)
				}
				if trigger == serial.Host {
					if err := sim.Await(soon(t), p.Off.Send, 1); err != nil {
						t.Fatal(err)
					}
					commands = slices.Concat(commands, []serial.Command{p.On, p.Off})
				}
				for _, c := range commands { // heard at last, if nobody waited for an answer
					if err := sim.Await(soon(t), c.Send, 1); err != nil {
						t.Fatal(err)
					}
				}
				heard, unknown := sim.Heard()
				if unknown != 0 || len(heard) != len(commands) {
					t.Errorf("the unit heard %d orders and %d bytes that are none; want %d orders", len(heard), unknown, len(commands))
				}
				for i, h := range heard {
					if string(h) != send(commands[i]) {
						t.Errorf("order %d is % x; want % x", i, h, commands[i].Send)
					}
				}
			})
		}
	}
}

func TestRefusedTrigger(t *testing.T) {
	for _, name := range []string{"honeywell", "newland", "zebra-ssi"} {
		sim, link := plugIn(t)
		p := profile(t, name)
		p.Patience = 20_000
		sim.Obey(orders(p, nak), 0)
		_, err := serial.Open(t.Context(), serial.Options{Unit: "scanner", Path: link, Profile: p, Trigger: serial.Presentation})
		var named *devices.Error
		if !errors.Is(err, devices.ErrRefused) || !errors.As(err, &named) || named.Unit != "scanner" {
			t.Errorf("%s: Open = %v; want ErrRefused with the unit named", name, err)
		}
		if sim.InUse() {
			t.Errorf("%s: the line was left open", name)
		}
	}
}

func TestTriggerWithoutCommands(t *testing.T) {
	sim, link := plugIn(t)
	for trigger, p := range map[serial.Trigger]string{serial.Host: "generic", "sometimes": "honeywell"} {
		_, err := serial.Open(t.Context(), serial.Options{Unit: "scanner", Path: link, Profile: profile(t, p), Trigger: trigger})
		if !errors.Is(err, devices.ErrRefused) {
			t.Errorf("%s, %q: Open = %v; want ErrRefused", p, trigger, err)
		}
	}
	if sim.InUse() {
		t.Error("the line was left open")
	}
	if _, err := serial.ProfileOf("nobody"); err == nil || !strings.Contains(err.Error(), "zebra-ssi") {
		t.Errorf("ProfileOf(nobody) = %v; want the names there are", err)
	}
}

// A unit in host mode is told to read again and again while nobody shows a code, is
// let go when nobody waits, and its late answers are no codes, nor half of one.
func TestHostMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, far := porttest.Pipe("scanner")
		defer far.Close()
		p := profile(t, "newland")
		s := serial.New(line, serial.Options{Unit: "scanner", Profile: p, Trigger: serial.Host})
		defer s.Close()
		heard := make(chan string, 100)
		go func() {
			buf := make([]byte, 100)
			for {
				n, err := far.Read(buf)
				if err != nil {
					return
				}
				heard <- string(buf[:n])
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Duration(p.Every)*time.Millisecond+time.Second)
		defer cancel()
		if _, err := s.Next(ctx); err != context.DeadlineExceeded {
			t.Errorf("Next = %v", err)
		}
		synctest.Wait()
		for _, want := range []serial.Command{p.On, p.On, p.On, p.On, p.Off} {
			select {
			case h := <-heard:
				if h != send(want) {
					t.Errorf("the unit heard % x; want % x", h, want.Send)
				}
			default:
				t.Fatal("the unit heard too little")
			}
		}
		go func() { // five late answers, the last cut in two, then a code right behind
			for range 4 {
				_, _ = far.Write(p.On.Ack)
			}
			_, _ = far.Write(p.Off.Ack[:5])
			<-time.After(30 * time.Millisecond)
			_, _ = far.Write(append(slices.Clone([]byte(p.Off.Ack[5:])), "CODE\r"...))
		}()
		if code, err := s.Next(t.Context()); err != nil || code.Text != "CODE" {
			t.Errorf("Next = %q, %v; want the code behind the answers", code.Text, err)
		}
		go func() { // what begins like an answer and is none
			_, _ = far.Write(p.On.Ack[:3])
			<-time.After(time.Second)
			_, _ = far.Write([]byte("MORE\r"))
		}()
		var texts []string
		for range 2 {
			code, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, code.Text)
		}
		if !slices.Equal(texts, []string{"0", "MORE"}) {
			t.Errorf("got %q; what is no whole answer is a code, by the pause", texts)
		}
	})
}

func TestPrefixAndSuffix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, far := porttest.Pipe("scanner")
		defer far.Close()
		s := serial.New(line, serial.Options{Unit: "scanner", Gap: -1, Profile: serial.Profile{Prefix: serial.Bytes("QR:"), Suffix: serial.Bytes("#!")}})
		defer s.Close()
		go func() { _, _ = far.Write([]byte("QR:A#B#!QR:C\rD#!#!QR:E!#!")) }()
		for _, want := range []string{"A#B", "C", "D", "E!"} {
			if code, err := s.Next(t.Context()); err != nil || code.Text != want {
				t.Errorf("Next = %q, %v; want %q", code.Text, err, want)
			}
		}
	})
}
