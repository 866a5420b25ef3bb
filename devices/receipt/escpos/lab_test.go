package escpos_test

import (
	"testing"

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

func TestLabSerialPrinter(t *testing.T) {
	receipttest.Run(t, onUSB(gadgetsim.ACM(), "epson-tm-t82"))
}
