package receipt_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net"

	"motcua/devices"
	"motcua/devices/port"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/receiptsim"
)

// A printer that runs out of paper says so, and prints once it has a new roll.
func Example() {
	ours, theirs := net.Pipe()
	unit := receiptsim.New(theirs, receiptsim.Options{})
	defer unit.Close()
	model, err := escpos.Model("epson-tm-t82")
	if err != nil {
		fmt.Println(err)
		return
	}
	var printer receipt.Printer = escpos.New("printer", port.New("printer", ours), model)
	defer printer.Close()

	slip := receipt.Slip{Page: image.NewGray(image.Rect(0, 0, printer.Width(), 80))} // all dark
	unit.EndAfter(0)
	err = printer.Print(context.Background(), slip)
	fmt.Println(err, errors.Is(err, devices.ErrStaff))

	unit.LoadPaper(20_000)
	fmt.Println(printer.Print(context.Background(), slip))
	status, err := printer.Status(context.Background())
	fmt.Println(status, err)
	// Output:
	// printer: print: staff must act: paper out true
	// <nil>
	// ok <nil>
}
