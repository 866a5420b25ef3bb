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

// PrintRead notes that it was asked, or fails as told by Break("read").
func (k *Kiosk) PrintRead(context.Context) error { return k.run("read") }

// ScanCode waits for Present, or fails as told by Break("scan"). What is presented
// says itself whether it is the Same.
func (k *Kiosk) ScanCode(ctx context.Context, code string) (hatch.Scan, error) {
	k.mu.Lock()
	await := k.await
	k.mu.Unlock()
	if await != nil {
		await(code)
	}
	return k.ScanTest(ctx)
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
