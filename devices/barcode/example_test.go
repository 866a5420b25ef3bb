package barcode_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"motcua/devices/barcode"
	"motcua/devices/barcode/barcodesim"
	"motcua/devices/barcode/serial"
)

// A scanner that sends UTF-8 taken for Windows-1252, with an AIM prefix.
func Example() {
	dir, err := os.MkdirTemp("", "scanner")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	unit, err := barcodesim.Open(filepath.Join(dir, "usb-Scanner-if00"))
	if err != nil {
		panic(err)
	}
	defer unit.Close()

	var scanner barcode.Scanner
	scanner, err = serial.Open(context.Background(), serial.Options{Unit: "scanner", Path: filepath.Join(dir, "usb-Scanner-if00")})
	if err != nil {
		panic(err)
	}
	defer scanner.Close()
	if err := unit.Scan([]byte("]Q1Nguyá»…n VÄƒn Máº«u"), "\r\n"); err != nil {
		panic(err)
	}
	code, err := scanner.Next(context.Background())
	fmt.Println(code.Text, err)
	fmt.Println(code)
	// Output:
	// Nguyễn Văn Mẫu <nil>
	// code (redacted)
}
