package main

import (
	"context"

	"motcua/kiosk/hatch"
)

// PrintTest prints a test sheet.
func (w window) PrintTest(ctx context.Context, unit string) error {
	return w.station.PrintTest(ctx, unit)
}

// PrintRead prints a test sheet and waits until a scanner has read it back.
func (w window) PrintRead(ctx context.Context, unit string) error {
	return w.station.PrintRead(ctx, unit)
}

// CardTest waits until a card comes and goes on a reader that stands by.
func (w window) CardTest(ctx context.Context, unit string) error {
	return w.station.CardTest(ctx, unit)
}

// SeeCode waits for one code under the camera and tells whether it is the one given.
func (w window) SeeCode(ctx context.Context, code string) (hatch.Scan, error) {
	return w.station.SeeCode(ctx, code)
}

// ScanCode waits for one code and tells whether it is the one given.
func (w window) ScanCode(ctx context.Context, code string) (hatch.Scan, error) {
	return w.station.ScanCode(ctx, code)
}

// SpeakNumber speaks a sentence with n in it.
func (w window) SpeakNumber(ctx context.Context, n int) error { return w.station.SpeakNumber(ctx, n) }
