// Command kioskctl is the technician's tool: it asks a running kiosk how it is,
// what it shows and what waits in its outbox, tries its peripherals, reads a card
// without it, and checks a pack.
//
// What was asked for goes to standard output, in a table or with --json; words
// to the technician go to standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/kiosk/config"
	"motcua/kiosk/hatch"
	"motcua/kiosk/outbox"
	"motcua/kiosk/stick"
)

// Exit codes. Scripts rely on them; never renumber.
const (
	fine       = 0
	failed     = 1
	usage      = 2
	notRunning = 3
	inTrouble  = 4
)

const exitCodes = `Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 kiosk not running, 4 a peripheral is in trouble, or the station is not ready.`

// errTrouble: the answer was given, and it shows a peripheral in trouble.
var errTrouble = errors.New("a peripheral is in trouble")

type cli struct {
	Hatch string `default:"${socket}" env:"KIOSK_HATCH" placeholder:"PATH" help:"The kiosk's socket (${socket}; also by $$KIOSK_HATCH)."`
	JSON  bool   `name:"json" help:"Print JSON instead of a table."`

	Status    statusCmd    `cmd:"" help:"Tell how the kiosk is: peripherals, outbox, way to central, troubles."`
	Devices   devicesCmd   `cmd:"" help:"List the peripherals: what each is, where, its driver, its state and since when."`
	Identify  identifyCmd  `cmd:"" help:"Say what is plugged in, which driver fits it, and the lines for the configuration. The kiosk need not run."`
	Doctor    doctorCmd    `cmd:"" help:"Try each peripheral in turn, with you to see, hear and scan, and keep how it ended."`
	Report    reportCmd    `cmd:"" help:"Write a dated readiness report: a page to sign, and JSON."`
	Outbox    outboxCmd    `cmd:"" help:"Look at the submissions that are stored here."`
	Screen    screenCmd    `cmd:"" help:"Tell what is on the screen and where each touch target lies."`
	PrintTest printTestCmd `cmd:"" help:"Print a test slip."`
	ScanTest  scanTestCmd  `cmd:"" help:"Wait for one code and tell its kind and length, never what it says."`
	SpeakTest speakTestCmd `cmd:"" help:"Speak a test prompt."`
	Log       logCmd       `cmd:"" help:"Print the last lines of the kiosk's log."`
	Card      cardCmd      `cmd:"" help:"Try the card reader. The kiosk need not run."`
	Decode    decodeCmd    `cmd:"" help:"Read the codes in pictures as a camera would. The kiosk need not run."`
	PIN       pinCmd       `cmd:"" name:"pin" help:"Make the line of the configuration for a PIN of the staff. The kiosk need not run."`
	Pack      packCmd      `cmd:"" help:"Work on packs. The kiosk need not run."`
}

// desk is what a verb works with.
type desk struct {
	ctx   context.Context
	kiosk *hatch.Client
	json  bool
	in    io.Reader // what must not stand on the command line
	out   io.Writer // what was asked for
	words io.Writer // to the technician
	now   time.Time
	clock func() time.Time
	rand  *rand.Rand
	// attended: a person sits at in and words.
	attended bool
	// readers opens the card reader of a configuration; the text is the card
	// daemon's socket, "" where pcscd has it.
	readers func(context.Context, config.Peripheral, string) (card.Reader, error)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("kioskctl"),
		kong.Description("Ask a running kiosk how it is, and try its peripherals.\n\n"+exitCodes),
		kong.Vars{"socket": hatch.DefaultSocket, "config": config.DefaultPath, "exits": exitCodes},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		panic(err) // the grammar above is wrong
	}
	verb, err := parser.Parse(args)
	if err != nil {
		return say(os.Stderr, usage, err.Error(), "see kioskctl --help")
	}
	client := hatch.Dial(c.Hatch)
	defer client.Close()
	err = verb.Run(&desk{ctx: ctx, kiosk: client, json: c.JSON, in: os.Stdin, out: os.Stdout, words: os.Stderr,
		now: time.Now(), clock: time.Now, rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		attended: terminal(os.Stdin) && terminal(os.Stderr), readers: openReader})
	return explain(os.Stderr, err)
}

// explain tells the technician what went wrong and what to do, and gives the
// exit code.
func explain(w io.Writer, err error) int {
	fault, _ := errors.AsType[*hatch.Fault](err)
	atCard, _ := errors.AsType[*cardFault](err)
	switch {
	case err == nil:
		return fine
	case errors.Is(err, context.Canceled):
		return say(w, failed, "interrupted", "")
	case atCard != nil:
		return say(w, atCard.code(), err.Error(), atCard.hint())
	case errors.Is(err, errNoReader):
		return say(w, failed, err.Error(), "put a [[peripheral]] with thing = \"card\" into it, or name another file with --config")
	case errors.Is(err, errUnready):
		return inTrouble // each point was told with what to do
	case errors.Is(err, errFailed):
		return failed // each was told with what to do
	case errors.Is(err, errNoUnit):
		return say(w, usage, err.Error(), "`kioskctl devices` lists them")
	case errors.Is(err, errNothing):
		return say(w, failed, err.Error(), "`kioskctl identify` alone lists all; `lsusb` shows whether the kernel sees it")
	case errors.Is(err, errKey):
		return say(w, usage, err.Error(), "see kioskctl card read --help")
	case errors.Is(err, errRefuse):
		return say(w, failed, err.Error(), "try a card that is known to be good: if that is refused too, look at the trust anchors")
	case errors.Is(err, errTrouble):
		return inTrouble
	case errors.Is(err, hatch.ErrNotRunning):
		return say(w, notRunning, hatch.ErrNotRunning.Error(),
			"start it with `systemctl start kiosk`, or name its socket with --hatch")
	case errors.Is(err, os.ErrPermission):
		return say(w, failed, err.Error(), "use sudo")
	case errors.Is(err, hatch.ErrBusy):
		return say(w, failed, err.Error(), "try again when the screen shows attract")
	case errors.Is(err, errFaults):
		return say(w, failed, err.Error(), "check the disk; a fault in one that waits is told to the citizen by its claim code")
	case errors.Is(err, errUnbelieved):
		return say(w, failed, err.Error(), "have `central import` write a new one; the rest was taken in")
	case errors.Is(err, stick.ErrUnconfirmed):
		return say(w, failed, err.Error(), "take the stick to central first: `central import` writes it")
	case errors.Is(err, hatch.ErrSettled):
		return say(w, failed, err.Error(), "`kioskctl outbox show` tells its dossier")
	case errors.Is(err, outbox.ErrInUse):
		return say(w, failed, err.Error(), "the kiosk runs: leave --config out")
	case errors.Is(err, hatch.ErrUnknown):
		return say(w, failed, err.Error(), "`kioskctl outbox list` shows all ids")
	case errors.Is(err, errNoCode):
		return say(w, failed, err.Error(), "if the scanner did beep, check its port and speed in the configuration")
	case errors.Is(err, context.DeadlineExceeded):
		return say(w, failed, "no answer in time", "the kiosk may be stuck: see `journalctl -u kiosk`")
	case fault != nil && fault.Unit != "":
		return say(w, inTrouble, err.Error(), remedy(err))
	}
	return say(w, failed, err.Error(), "")
}

// remedy says what to do about a peripheral that failed.
func remedy(err error) string {
	switch {
	case errors.Is(err, devices.ErrGone):
		return "plug it in; its port is in the configuration"
	case errors.Is(err, devices.ErrSilent):
		return "switch it on and check its cable and speed"
	case errors.Is(err, devices.ErrStaff):
		return "put in a roll, close the cover or clear the jam"
	case errors.Is(err, devices.ErrVisitor):
		return "hold the code flat, a hand's width away"
	}
	return "`kioskctl log` tells more"
}

// say writes an error and a hint in the tool's one form and gives code back.
func say(w io.Writer, code int, text, hint string) int {
	fmt.Fprintf(w, "kioskctl: %s\n", text)
	if hint != "" {
		fmt.Fprintf(w, "kioskctl: hint: %s\n", hint)
	}
	return code
}
