// Command workbench is a station's peripherals without the metal: a scanner and
// a receipt printer on ptys, a chip card reader behind the real card daemon, a
// loudspeaker behind ALSA, the network cable to
// central, and hands to work them from a page or over HTTP. It also shows the
// whole: a visit from the first touch to the paper.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/jezek/xgb"
)

type cli struct {
	Serve serveCmd `cmd:"" help:"Lay out the peripherals and serve the page that works them."`
	Demo  demoCmd  `cmd:"" help:"Put on central, the workbench and the kiosk, and show a visit."`
	Bench benchCmd `cmd:"" help:"Measure a station that runs and hold the figures against their bars."`
	Sink  sinkCmd  `cmd:"" help:"Be the loudspeaker at the end of ALSA's pipe. ALSA starts this."`
	Weigh weighCmd `cmd:"" hidden:"" help:"Print what an open outbox weighs in memory. Bench starts this."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)            // a second signal ends the program at once
	xgb.Logger = log.New(io.Discard, "", 0) // it would tell of a missing .Xauthority, which is fine
	var c cli
	verb := kong.Parse(&c,
		kong.Name("workbench"),
		kong.Description("Virtual peripherals of a station.\n\nExit codes: 0 fine, 1 failed, 2 wrong usage."),
		kong.Exit(func(code int) {
			if code != 0 {
				code = 2
			}
			os.Exit(code)
		}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err := verb.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "workbench: %v\n", err)
		stop()
		os.Exit(1)
	}
}
