// Package kiosk runs the parts of the program on a station together.
package kiosk

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Part is something that runs until its context ends and has then put
// everything back.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run keeps the kiosk open until ctx ends or a part fails that cannot heal by
// itself; the others are then ended too. It returns after every part has
// stopped: nil if that was because ctx ended, else what failed.
func Run(ctx context.Context, parts ...Part) error {
	g, inner := errgroup.WithContext(ctx)
	for _, p := range parts {
		g.Go(func() error {
			err := p.Run(inner)
			switch {
			case inner.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
				return nil
			case err == nil:
				return fmt.Errorf("%s ended", p.Name)
			}
			return fmt.Errorf("%s: %w", p.Name, err)
		})
	}
	return g.Wait()
}
