package escpos_test

import (
	"net"
	"testing"

	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
	"motcua/devices/receipt/receipttest"
)

func model(t *testing.T, name string) escpos.Profile {
	t.Helper()
	p, err := escpos.Model(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// onPipe puts a unit at the far end of a net.Pipe.
func onPipe(profile string, opts receiptsim.Options) func(t *testing.T) receipttest.Bench {
	return func(t *testing.T) receipttest.Bench {
		m := model(t, profile)
		opts.Width = m.Width
		ours, theirs := net.Pipe()
		unit := receiptsim.New(theirs, opts)
		p := escpos.New("printer", &connLine{conn: ours}, m)
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if err := unit.Close(); err != nil {
				t.Error(err)
			}
		})
		return receipttest.Bench{Printer: p, Unit: unit, NearEnd: m.NearEnd, InTurn: opts.Sequential}
	}
}

func TestPrinter(t *testing.T) {
	for _, c := range []struct {
		name, model string
		opts        receiptsim.Options
	}{
		{"Epson", "epson-tm-t82", receiptsim.Options{}},
		{"Epson with a small buffer", "epson-tm-t88", receiptsim.Options{Buffer: 2048}},
		{"clone that answers in turn", "xprinter-n160", receiptsim.Options{Sequential: true, Healthy: 0x12}},
		{"unit without GS r, profile says it has", "xprinter-q200", receiptsim.Options{Bare: true, Healthy: 0x12}},
		{"unit of unknown make", "generic-80", receiptsim.Options{Bare: true, Healthy: 0x12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Speed = 150
			receipttest.InBubble(t, onPipe(c.model, c.opts))
		})
	}
}
