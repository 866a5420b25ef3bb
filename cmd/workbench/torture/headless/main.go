// Command headless is a station without a screen: the same bundle, outbox and
// uplink as in cmd/kiosk, wired in the same way, with invented citizens who
// submit as fast as the disk lets them, some with papers that they hand over. It
// has no hooks: whoever wants to see how it dies kills it.
//
//	headless --data DIR --bundle DIR --central URL --submit 12 --every 3
//	headless --data DIR --bundle DIR --central URL --drain
//
// It prints a line before and after each acceptance, and before that one for
// each paper that belongs to it,
//
//	open
//	part ID NAME-OF-THE-PART DIGEST-OF-THE-PAPER
//	begin ID SHA-256-OF-THE-SEALED-BYTES
//	ok ID
//	failed ID
//
// and runs until it is told to end, or with --drain until all is delivered.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"motcua/cmd/workbench/filed"
	"motcua/kiosk/attachment"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
	"motcua/kiosk/uplink"
)

type flags struct {
	Data    string `required:"" help:"Folder of the outbox."`
	Bundle  string `required:"" help:"Folder of the station's keys."`
	Central string `required:"" help:"Address of central."`
	Unit    string `default:"00082" help:"Unit that the station stands in (${default})."`
	Submit  int    `help:"How many submissions to accept."`
	Weight  int    `default:"2000" help:"Bytes of answers in each, at most (${default})."`
	Every   int    `help:"One submission of how many has attachments, the first one too; 0 = none has."`
	Paper   int    `default:"200000" help:"Bytes of an attachment, at most; at least a tenth (${default})."`
	Drain   bool   `help:"End once all is delivered."`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("headless"), kong.Description("A station without a screen."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := f.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "headless:", err)
		os.Exit(1)
	}
}

// errDone ends a station whose work is done.
var errDone = errors.New("all is delivered")

func (f flags) run(ctx context.Context) error {
	bundle, err := uplink.LoadBundle(f.Bundle)
	if err != nil {
		return err
	}
	box, err := outbox.Open(ctx, f.Data, outbox.Options{})
	if err != nil {
		return err
	}
	if d := box.Damage(); d != nil {
		return errors.Join(fmt.Errorf("the outbox was damaged: %+v", *d), box.Close())
	}
	fmt.Println("open")
	up := uplink.New(uplink.Options{Outbox: box, Base: f.Central, TLS: bundle.TLS, Station: bundle.Station})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return up.Run(ctx) })
	g.Go(func() error {
		for n := range f.Submit {
			if err := f.visit(ctx, box, bundle, f.Every > 0 && n%f.Every == 0); err != nil {
				return err
			}
		}
		if f.Drain {
			return drained(ctx, box)
		}
		return nil
	})
	err = g.Wait()
	if errors.Is(err, errDone) {
		err = nil
	}
	return errors.Join(err, box.Close())
}

// visit is one citizen, who hands over one paper or two or none.
func (f flags) visit(ctx context.Context, box *outbox.Outbox, b *uplink.Bundle, papers bool) error {
	tray, digests := attachment.NewTray(box, b.To), []string(nil)
	if papers {
		for range 1 + rand.N(2) {
			paper := filed.Paper(f.Paper/10 + rand.N(f.Paper*9/10+1))
			if _, err := tray.Take(ctx, bytes.NewReader(paper)); err != nil {
				return errors.Join(err, tray.Close())
			}
			digests = append(digests, submission.Digest(paper))
		}
	}
	back := tray.Lend()
	err := f.submit(ctx, box, b, tray.List(), digests)
	back()
	return errors.Join(err, tray.Close())
}

// submit makes a submission durable as kiosk/station does.
func (f flags) submit(ctx context.Context, box *outbox.Outbox, b *uplink.Bundle, taken []attachment.Attachment, digests []string) error {
	it, err := filed.Submission(b, f.Unit, rand.N(f.Weight)+1, taken...)
	if err != nil {
		return err
	}
	for i, p := range it.Parts {
		fmt.Println("part", it.ID, p.Name, digests[i])
	}
	sum := sha256.Sum256(it.Sealed)
	fmt.Println("begin", it.ID, hex.EncodeToString(sum[:]))
	if err := box.Put(ctx, it); err != nil {
		fmt.Println("failed", it.ID)
		return err
	}
	fmt.Println("ok", it.ID) // the receipt says so
	return nil
}

// drained waits until central has confirmed or refused everything.
func drained(ctx context.Context, box *outbox.Outbox) error {
	for {
		changed := box.Changed()
		s, err := box.Summary(ctx)
		if err != nil {
			return err
		}
		if s.Pending() == 0 {
			return errDone
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
