// Command kiosk is the program on the station: a citizen's screen, the
// peripherals around it, and the way to central.
//
//	kiosk --config /etc/kiosk/kiosk.toml
//
// It ends with exit code 0 when it was told to end, 1 when a part failed that
// cannot heal by itself, 2 when the configuration is at fault.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/screen"
)

// shutdownTime is how long the parts may take to put everything back.
const shutdownTime = 10 * time.Second

// flags are the command line.
type flags struct {
	Config  string           `help:"Configuration file." default:"${config}" type:"path"`
	Version kong.VersionFlag `help:"Print the version and leave."`
}

// Fyne keeps what it has drawn for a minute after it was last seen, which in a
// hurried hall is a hundred visits' worth. It reads how long from the environment
// while the program is loaded, before main.
const (
	cacheEnv  = "FYNE_CACHE"
	cacheTime = "25s" // past the attract screen's slow step, which would paint it anew
)

// tune starts the program again with the toolkit's settings in its environment,
// unless they are there. The process stays the same.
func tune() error {
	if os.Getenv(cacheEnv) != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), cacheEnv+"="+cacheTime))
}

func main() {
	if err := tune(); err != nil {
		fmt.Fprintf(os.Stderr, "kiosk: %v\n", err) // slower to forget, but it runs
	}
	var f flags
	kong.Parse(&f, kong.Name("kiosk"), kong.Description("The program on a station."),
		kong.Vars{"config": config.DefaultPath, "version": kiosk.Version()})
	os.Exit(run(f.Config))
}

func run(path string) int {
	c, err := config.Read(path)
	if err != nil {
		fmt.Fprintf(os.Stderr, "kiosk: the configuration is at fault:\n%v\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	h, err := open(ctx, c, outside{window: openWindow})
	if err != nil {
		fmt.Fprintf(os.Stderr, "kiosk: %v\n", err)
		return 1
	}
	ended := make(chan error, 1)
	ctx, leave := context.WithCancel(ctx)
	go func() { // Fyne owns the main goroutine
		err := kiosk.Run(ctx, h.parts()...)
		ended <- errors.Join(err, h.close())
		h.screen.Close()
	}()
	go watch(ctx, stop)
	h.screen.Run()
	leave() // the window was closed, or everything has ended
	if err := <-ended; err != nil {
		h.log.Error("ended", "err", err)
		return 1
	}
	return 0
}

// openWindow opens the window on the display.
func openWindow(o screen.Options) (panel, error) { return screen.Open(o) }

// watch ends the program, with every stack on stderr, when it has not ended by
// itself in time after it was told to. A second signal ends it at once.
func watch(ctx context.Context, unheard func()) {
	<-ctx.Done()
	unheard()
	<-time.After(shutdownTime)
	fmt.Fprintln(os.Stderr, "kiosk: does not end by itself:")
	if err := pprof.Lookup("goroutine").WriteTo(os.Stderr, 2); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
