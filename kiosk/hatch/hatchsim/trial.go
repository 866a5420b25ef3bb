package hatchsim

import (
	"context"
	"fmt"

	"motcua/kiosk/hatch"
)

// Hear sets what is told of every number that is spoken.
func (k *Kiosk) Hear(told func(n int)) { k.set(func() { k.hear = told }) }

// Await sets what is told of every code that is waited for: hold it, or another,
// under the scanner with Present.
func (k *Kiosk) Await(told func(code string)) { k.set(func() { k.await = told }) }

// PrintTest notes that it was asked, and of which unit, or fails as told by
// Break("print").
func (k *Kiosk) PrintTest(_ context.Context, unit string) error { return k.runOn("print", unit) }

// PrintRead notes that it was asked, and of which unit, or fails as told by
// Break("read").
func (k *Kiosk) PrintRead(_ context.Context, unit string) error { return k.runOn("read", unit) }

// CardTest notes of which unit it was asked, or fails as told by Break("lay").
func (k *Kiosk) CardTest(_ context.Context, unit string) error { return k.runOn("lay", unit) }

// runOn is run of a test that is done on one unit.
func (k *Kiosk) runOn(test, unit string) error {
	err := k.run(test)
	if unit != "" {
		k.set(func() { k.done[len(k.done)-1] += " " + unit })
	}
	return err
}

// SeeCode waits for Present, as ScanCode does, or fails as told by Break("see").
func (k *Kiosk) SeeCode(ctx context.Context, code string) (hatch.Scan, error) {
	return k.awaits(ctx, "see", code)
}

// ScanCode waits for Present, or fails as told by Break("scan"). What is presented
// says itself whether it is the Same.
func (k *Kiosk) ScanCode(ctx context.Context, code string) (hatch.Scan, error) {
	return k.awaits(ctx, "scan", code)
}

func (k *Kiosk) awaits(ctx context.Context, test, code string) (hatch.Scan, error) {
	k.mu.Lock()
	await := k.await
	k.mu.Unlock()
	if await != nil {
		await(code)
	}
	return k.next(ctx, test)
}

// SpeakNumber notes the number and tells Hear's function of it, or fails as told by
// Break("speak").
func (k *Kiosk) SpeakNumber(_ context.Context, n int) error {
	if err := k.run("speak"); err != nil {
		return err
	}
	k.mu.Lock()
	hear := k.hear
	k.done[len(k.done)-1] = fmt.Sprintf("speak %d", n)
	k.mu.Unlock()
	if hear != nil {
		hear(n)
	}
	return nil
}
