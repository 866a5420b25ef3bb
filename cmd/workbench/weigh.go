package main

import (
	"context"
	"fmt"

	"motcua/cmd/workbench/measure"
)

// weighCmd is the process whose memory bench compares.
type weighCmd struct {
	Dir string `arg:"" help:"Folder of an outbox."`
}

// Run prints the resident memory of this process with that outbox open, in
// bytes.
func (c *weighCmd) Run(ctx context.Context) error {
	n, err := measure.Weigh(ctx, c.Dir)
	if err == nil {
		fmt.Println(n)
	}
	return err
}
