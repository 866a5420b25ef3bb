package station

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/kiosk/identity"
	"motcua/kiosk/visit"
)

// table is a reader with a chip on it, and what the visit hears of it.
type table struct {
	*reader
	unit  *cardsim.Reader
	step  chan visit.ChipStep // what the reading under way comes to
	done  chan error          // how it ends
	mu    sync.Mutex
	heard []visit.Event
}

// newTable puts a reader on that reads by hand. It must run in a bubble.
func newTable(t *testing.T) *table {
	t.Helper()
	b := &table{unit: cardsim.NewReader("reader"), step: make(chan visit.ChipStep), done: make(chan error)}
	var work sync.WaitGroup
	b.reader = &reader{
		open: func(context.Context) (card.Reader, error) { return b.unit, nil },
		told: func(r visit.Reader, _ error) { b.hear(visit.ReaderChanged{Reader: r}) },
		post: func(g *reading, e visit.Event) {
			if b.awaited(g) {
				b.hear(e)
			}
		},
		inspect: func(ctx context.Context, _ card.Card, p identity.Person, reached func(visit.ChipStep)) (identity.Person, error) {
			for {
				select {
				case s := <-b.step:
					reached(s)
				case err := <-b.done:
					return p, err
				case <-ctx.Done():
					return identity.Person{}, ctx.Err()
				}
			}
		},
		do:  func(f func()) { work.Go(f) },
		log: slog.New(slog.DiscardHandler),
	}
	ctx, cancel := context.WithCancel(t.Context())
	work.Go(func() { b.run(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
		if !b.unit.Closed() {
			t.Error("the reader was not given back")
		}
	})
	return b
}

func (b *table) hear(e visit.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = append(b.heard, e)
}

// hears waits until nothing moves any more and holds what was heard since the
// last time.
func (b *table) hears(t *testing.T, want ...visit.Event) {
	t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if diff := cmp.Diff(want, b.heard, cmp.Transformer("holder", func(p identity.Person) string { return p.Name })); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	b.heard = nil
}

func (b *table) lay(t *testing.T) {
	t.Helper()
	chip, err := cardsim.New(&cardsim.Locks{}, cardsim.Holder{}, nil, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	b.unit.Lay(chip)
}

// A card that was left on the reader is there from the start, and not laid down by
// somebody new; a reader is empty only when it had time to say otherwise.
func TestWhatLiesThereAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTable(t)
		b.hears(t)
		<-time.After(settleTime)
		b.hears(t, visit.ReaderChanged{Reader: visit.ReaderEmpty})
		b.lay(t)
		b.hears(t, visit.ReaderChanged{Reader: visit.ReaderCard})
	})
	synctest.Test(t, func(t *testing.T) {
		b := newTable(t)
		b.lay(t)
		b.hears(t, visit.ReaderChanged{Reader: visit.ReaderCard})
		<-time.After(settleTime)
		b.hears(t)
	})
}

func TestReadingIsAnsweredOnce(t *testing.T) {
	one, two := identity.Person{Name: "one"}, identity.Person{Name: "two"}
	reading := visit.ChipReached{Step: visit.ChipReading}
	for name, play := range map[string]func(*testing.T, *table){
		"read": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.step <- visit.ChipReading
			b.hears(t, reading)
			b.done <- nil
			b.hears(t, visit.ChipRead{Person: one})
			b.unit.Lift()
			b.hears(t, visit.ReaderChanged{Reader: visit.ReaderEmpty})
		},
		"nothing there": func(t *testing.T, b *table) {
			b.unit.Lift()
			b.hears(t, visit.ReaderChanged{Reader: visit.ReaderEmpty})
			b.read(t.Context(), one)
			b.hears(t, visit.ChipFailed{Why: visit.ChipLifted})
		},
		"lifted": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.step <- visit.ChipReading
			b.hears(t, reading)
			b.unit.Lift()
			b.hears(t, visit.ChipFailed{Why: visit.ChipLifted}, visit.ReaderChanged{Reader: visit.ReaderEmpty})
		},
		"lifted when all is fetched": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.step <- visit.ChipChecking
			b.hears(t, visit.ChipReached{Step: visit.ChipChecking})
			b.unit.Lift()
			b.hears(t, visit.ReaderChanged{Reader: visit.ReaderEmpty})
			b.done <- nil
			b.hears(t, visit.ChipRead{Person: one})
		},
		"a second card": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.lay(t)
			b.hears(t, visit.ChipFailed{Why: visit.ChipCrowded}, visit.ReaderChanged{Reader: visit.ReaderCrowded})
		},
		"unplugged": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.unit.Unplug()
			b.hears(t, visit.ChipFailed{Why: visit.ChipUnreadable}, visit.ReaderChanged{Reader: visit.ReaderAway})
		},
		"dropped": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.drop()
			b.unit.Lift()
			b.hears(t, visit.ReaderChanged{Reader: visit.ReaderEmpty})
		},
		"another one begun": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.step <- visit.ChipReading
			b.hears(t, reading)
			b.read(t.Context(), two)
			b.hears(t)
			b.done <- nil
			b.hears(t, visit.ChipRead{Person: two})
		},
		"failed": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			b.done <- errors.New("noise")
			b.hears(t, visit.ChipFailed{Why: visit.ChipUnreadable})
		},
		"too slow": func(t *testing.T, b *table) {
			b.read(t.Context(), one)
			<-time.After(readTime)
			b.hears(t, visit.ChipFailed{Why: visit.ChipUnreadable})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTable(t)
				b.lay(t)
				synctest.Wait()
				b.mu.Lock()
				b.heard = nil
				b.mu.Unlock()
				play(t, b)
			})
		})
	}
}
