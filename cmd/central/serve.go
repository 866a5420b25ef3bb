package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"motcua/assets"
	"motcua/cmd/central/internal/authority"
	"motcua/cmd/central/internal/gate"
	"motcua/cmd/central/internal/keys"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/page"
	"motcua/cmd/central/internal/parts"
	"motcua/cmd/central/internal/reading"
	"motcua/kiosk/pack"
	"motcua/kiosk/submission"
)

// auditKept is how long a line of the audit log is kept.
const auditKept = 5 * 365 * 24 * time.Hour

type serveCommand struct {
	Dir          string            `required:"" help:"Folder of central's keys and ledger."`
	Listen       string            `default:"127.0.0.1:8443" help:"Address for stations (mutual TLS); port 0 takes a free one."`
	Page         string            `default:"127.0.0.1:8080" help:"Address of the staff's page: this machine alone. Port 0 takes a free one."`
	Pack         []string          `help:"Folders of the packs that say which procedures are taken; else those built in." placeholder:"DIR"`
	Agency       string            `default:"H26" help:"Agency prefix of dossier codes."`
	AgencyOf     map[string]string `help:"Agency codes of units that do not follow PREFIX.NUMBER." placeholder:"UNIT=CODE"`
	DossierDelay time.Duration     `default:"0s" help:"How long after reception a dossier is opened."`
	MinFree      int64             `default:"1073741824" help:"Bytes that must be left on the disk for attachments to be taken in."`
	DayCount     int64             `name:"day-submissions" default:"20000" help:"Submissions that one station may bring in a day, refused ones included; 0 = any number. A normal day has 200; it must let in what piled up without a network."`
	DayBytes     int64             `name:"day-submission-bytes" default:"4294967296" help:"Their bytes; 0 = any number."`
	DayParts     int64             `name:"day-parts" default:"40000" help:"Parts of attachments that one station may begin in a day; 0 = any number."`
	DayPartBytes int64             `name:"day-part-bytes" default:"53687091200" help:"Their bytes; 0 = any number."`
	Keep         time.Duration     `default:"8760h" help:"How long the content of an opened submission is kept; its id is kept for ever."`
}

// Run serves until ctx ends. It prints one line an address, then "ready":
//
//	api https://127.0.0.1:8443
//	page http://127.0.0.1:8080
//	ready
func (c *serveCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	p, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer p.ledger.Close()
	api, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	staff, err := net.Listen("tcp", c.Page)
	if err != nil {
		return errors.Join(err, api.Close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.authority.Run(ctx) })
	g.Go(func() error { return p.gate.Run(ctx) })
	g.Go(func() error { return c.tidy(ctx, p, log) })
	g.Go(func() error { return serve(ctx, tls.NewListener(api, p.keys.TLS), p.gate.Routes(), log) })
	g.Go(func() error { return serve(ctx, staff, p.page.Routes(), log) })
	fmt.Printf("api https://%s\npage http://%s\nready\n", api.Addr(), staff.Addr())
	return g.Wait()
}

// house is what a serving central is made of.
type house struct {
	keys      *keys.Keys
	ledger    *ledger.Ledger
	parts     *parts.Store
	authority *authority.Authority
	gate      *gate.Gate
	page      *page.Page
}

// open checks every setting and opens the ledger; the caller closes it.
func (c *serveCommand) open(ctx context.Context, log *slog.Logger) (*house, error) {
	if !page.Loopback(c.Page) {
		return nil, fmt.Errorf("page address %s is not of this machine: take 127.0.0.1", c.Page)
	}
	agencies := authority.Agencies{Prefix: c.Agency, Own: c.AgencyOf}
	if err := agencies.Check(); err != nil {
		return nil, err
	}
	rules, err := c.rulebook()
	if err != nil {
		return nil, err
	}
	schema, err := submission.LoadSchema()
	if err != nil {
		return nil, err
	}
	k, err := keys.Load(c.Dir)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, filepath.Join(c.Dir, ledger.Name))
	if err != nil {
		return nil, err
	}
	p, err := parts.Open(filepath.Join(c.Dir, parts.Folder), c.MinFree)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	opener := authority.New(l, agencies, c.DossierDelay, log)
	return &house{
		parts:     p,
		keys:      k,
		ledger:    l,
		authority: opener,
		gate:      gate.New(l, opener, rules, schema, k.IDs, p, c.quota(), log),
		page:      page.New(l, reading.New(l, k.IDs, p), log),
	}, nil
}

// quota is what one station may bring in a day.
func (c *serveCommand) quota() gate.Quota {
	return gate.Quota{Submissions: gate.Bound{Count: c.DayCount, Bytes: c.DayBytes}, Parts: gate.Bound{Count: c.DayParts, Bytes: c.DayPartBytes}}
}

// rulebook reads which procedures are taken out of the packs: codes are
// national, so the first pack that knows one decides.
func (c *serveCommand) rulebook() (authority.Rulebook, error) {
	var dirs []fs.FS
	for _, dir := range c.Pack {
		dirs = append(dirs, os.DirFS(dir))
	}
	if dirs == nil {
		built, err := fs.Glob(assets.Files, "packs/*/pack.yaml")
		if err != nil {
			return nil, err
		}
		for _, sheet := range built {
			dir, err := fs.Sub(assets.Files, path.Dir(sheet))
			if err != nil {
				return nil, err
			}
			dirs = append(dirs, dir)
		}
	}
	var packs []*pack.Pack
	for _, dir := range dirs {
		p, err := pack.Load(dir)
		if err != nil {
			return nil, fmt.Errorf("load pack: %w", err)
		}
		packs = append(packs, p)
	}
	return func(code string) authority.Verdict {
		for _, p := range packs {
			if procedure, known := p.Procedure(code); known {
				if procedure.Mode == pack.Submit {
					return authority.Taken
				}
				return authority.Guided
			}
		}
		return authority.Unknown
	}, nil
}

// tidy drops what was kept long enough, at start and every hour.
func (c *serveCommand) tidy(ctx context.Context, h *house, log *slog.Logger) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		now, l := time.Now(), h.ledger
		n, err := l.Forget(ctx, now.Add(-c.Keep))
		if err == nil && n > 0 {
			err = l.Note(ctx, ledger.Line{At: now, Act: ledger.Forgotten, Why: fmt.Sprintf("%d submissions", n)})
		}
		if err == nil {
			err = l.Prune(ctx, now.Add(-auditKept))
		}
		if err == nil {
			_, err = h.parts.Sweep(ctx, l.Kept)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("old contents were not dropped, trying again in an hour", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// serve answers on at until ctx ends, then lets what is under way finish for up
// to ten seconds.
func serve(ctx context.Context, at net.Listener, routes http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       3 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelInfo),
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(at) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(patience); err != nil {
		_ = s.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
