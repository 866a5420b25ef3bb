// Package port is an open line to one unit: bytes out, bytes in, with a
// context on both.
package port

import "context"

// A Line is an open line to one unit. One reader and one writer may use it at
// the same time; Close may be called by anybody, twice, and unblocks both.
type Line interface {
	// Read waits for at least one byte and returns what is there. It returns
	// ctx.Err() if ctx ends first (the line works on, no byte is lost),
	// devices.ErrGone when the unit was unplugged, devices.ErrClosed after Close.
	Read(ctx context.Context, p []byte) (int, error)
	// Write sends all of p or fails, with the errors of Read; n tells how many
	// bytes the kernel took.
	Write(ctx context.Context, p []byte) (n int, err error)
	// Close gives the line back.
	Close() error
}
