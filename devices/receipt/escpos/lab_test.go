package escpos_test

import (
	"errors"
	"image"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/gadgetsim"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
	"motcua/devices/receipt/receipttest"
)

// The tests named TestLab run in a virtual machine whose kernel plays the units:
// scripts/lab/run.sh. There the driver meets usblp and cdc_acm.

// metal is a printer whose cable is one of USB.
type metal struct {
	*receiptsim.Printer
	usb *gadgetsim.Unit
}

// Unplug pulls the cable; the computer has noticed when it returns.
func (m metal) Unplug() {
	m.Printer.Unplug()
	m.usb.Unplug()
}

// onUSB plugs a printer in whose firmware is the simulator's.
func onUSB(k gadgetsim.Kind, model string) func(*testing.T) receipttest.Bench {
	return func(t *testing.T) receipttest.Bench {
		usb := gadgetsim.New(t, k)
		profile, err := escpos.Model(model)
		if err != nil {
			t.Fatal(err)
		}
		open := func() receipt.Printer {
			p, err := escpos.Open(t.Context(), escpos.Options{Unit: "printer", Port: k.Name(), Model: model, Baud: 115200})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			return p
		}
		unit := receiptsim.New(usb.Far(), receiptsim.Options{Width: profile.Width, Speed: 150})
		t.Cleanup(func() { _ = unit.Close() })
		return receipttest.Bench{
			Printer: open(), Unit: metal{unit, usb}, NearEnd: profile.NearEnd,
			Again: func() receipt.Printer {
				usb.Plug()
				unit.PlugInto(usb.Far())
				return open()
			},
		}
	}
}

func TestLabPrinter(t *testing.T) { receipttest.Run(t, onUSB(gadgetsim.Printer(), "epson-tm-t82")) }

// A printer that calls itself a modem prints, is pulled out in the middle of a slip,
// and prints again when it is back, three times over.
func TestLabSerialPrinter(t *testing.T) {
	b := onUSB(gadgetsim.ACM(), "epson-tm-t82")(t)
	page := image.NewGray(image.Rect(0, 0, b.Printer.Width(), 1200))
	for i := range page.Pix {
		page.Pix[i] = byte(i*i>>9) | 0x3F
	}
	for round := range 3 {
		before := len(b.Unit.Pieces())
		if err := b.Printer.Print(t.Context(), receipt.Slip{Page: page}); err != nil {
			t.Fatalf("round %d: Print = %v", round, err)
		}
		if st, err := b.Printer.Status(t.Context()); err != nil || st != receipt.OK {
			t.Errorf("round %d: Status = %v, %v; want ok", round, st, err)
		}
		if n := len(b.Unit.Pieces()); n <= before {
			t.Errorf("round %d: nothing came out", round)
		}
		done := make(chan error, 1)
		go func() { done <- b.Printer.Print(t.Context(), receipt.Slip{Page: page}) }()
		<-time.After(200 * time.Millisecond) // most times it is in the middle by now
		b.Unit.Unplug()
		if err := <-done; !errors.Is(err, devices.ErrGone) {
			t.Fatalf("round %d: Print without a cable = %v; want ErrGone", round, err)
		}
		_ = b.Printer.Close()
		b.Printer = b.Again()
	}
}
