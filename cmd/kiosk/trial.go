package main

import (
	"context"

	"motcua/kiosk/hatch"
)

// PrintRead prints a test sheet and waits until a scanner has read it back.
func (w window) PrintRead(ctx context.Context) error { return w.station.PrintRead(ctx) }

// ScanCode waits for one code and tells whether it is the one given.
func (w window) ScanCode(ctx context.Context, code string) (hatch.Scan, error) {
	return w.station.ScanCode(ctx, code)
}

// SpeakNumber speaks a sentence with n in it.
func (w window) SpeakNumber(ctx context.Context, n int) error { return w.station.SpeakNumber(ctx, n) }
