// Command central is the reference backend: it takes in what stations submit,
// exactly once, opens dossiers and answers where they stand.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are the verbs.
type commands struct {
	Keys   keysCommand   `cmd:"" help:"Make central's keys in an empty folder, for trials."`
	Enrol  enrolCommand  `cmd:"" help:"Make the bundle of a station and register its key."`
	Rotate rotateCommand `cmd:"" help:"Give central a new key to which stations seal; what was sealed before still opens."`
	Serve  serveCommand  `cmd:"" help:"Take in submissions until told to stop."`
	Import importCommand `cmd:"" help:"Take in what a station without a network exported to a USB stick."`
	Export exportCommand `cmd:"" help:"Print a submission as opened, in JSON. It is noted in the audit log."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	var c commands
	k := kong.Parse(&c,
		kong.Name("central"),
		kong.Description("The reference backend of Một Cửa.\n\nExit codes: 0 fine, 1 failed, 2 wrong use."),
		kong.UsageOnError(),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "central:", err)
		stop()
		os.Exit(1)
	}
}

// exit gives wrong use its own code; kong has one for every fault of its own.
func exit(code int) {
	if code != 0 {
		code = 2
	}
	os.Exit(code)
}
