package acr122s

import (
	"errors"
	"io"
	"testing"
	"time"

	"motcua/devices/card/acr122s/acr122ssim"
	"motcua/devices/card/cardtest"
	"motcua/devices/gadgetsim"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the driver meets cdc_acm.

// onCable is a reader whose far end is let go where it is closed.
type onCable struct {
	*Reader
	far   io.Closer
	ended chan struct{}
}

func (r onCable) Close() error {
	err := errors.Join(r.Reader.Close(), r.far.Close())
	<-r.ended
	return err
}

func TestLabReader(t *testing.T) {
	cardtest.Run(t, func(t *testing.T) cardtest.Bench {
		u := gadgetsim.New(t, gadgetsim.ACM())
		far, ended := u.Far(), make(chan struct{})
		d := acr122ssim.New(acr122ssim.Options{Fast: true})
		go func() { defer close(ended); _ = d.Run(far) }()
		r, err := Open(t.Context(), Options{Unit: "card", Path: u.Node()})
		if err != nil {
			t.Fatal(err)
		}
		b := bench(r, d, u.Unplug)
		b.Reader, b.Patience = onCable{r, far, ended}, 4*time.Second
		return b
	})
}
