package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"motcua/kiosk/contract"
)

// Central is the backend: central as it runs in a data centre, with keys of its own
// and one station enrolled.
type Central struct {
	Addr string // "127.0.0.1:port" for stations; the same after a restart
	Page string // "http://127.0.0.1:port" for staff; the same after a restart

	binary, dir, bundle, log string
	run                      *process
}

// OpenCentral makes keys, enrols the station and starts central, out of the folder
// of the programs; what it makes lies below dir. It returns once central takes
// connections. Close it.
func OpenCentral(ctx context.Context, bin, dir string) (*Central, error) {
	c := &Central{Addr: "127.0.0.1:0", Page: "http://127.0.0.1:0", binary: filepath.Join(bin, "central"),
		dir: filepath.Join(dir, "central"), bundle: filepath.Join(dir, "bundle"), log: filepath.Join(dir, "log")}
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	if err := os.MkdirAll(c.log, 0o700); err != nil {
		return nil, err
	}
	if err := run(ctx, c.binary, "keys", c.dir); err != nil {
		return nil, err
	}
	if err := run(ctx, c.binary, "enrol", c.dir, "--station", Station, "--unit", Unit, "--out", c.bundle); err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Start starts central, after Kill again, and returns once it takes connections.
func (c *Central) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	p, err := launch(c.log, "central", nil, c.binary, "serve",
		"--dir", c.dir, "--listen", c.Addr, "--page", strings.TrimPrefix(c.Page, "http://"))
	if err != nil {
		return err
	}
	c.run = p
	lines, err := p.lines(ctx, "ready")
	if err != nil {
		return err
	}
	for _, line := range lines {
		switch name, value, _ := strings.Cut(line, " "); name {
		case "api":
			c.Addr = strings.TrimPrefix(value, "https://")
		case "page":
			c.Page = value
		}
	}
	return nil
}

// Kill cuts central's power.
func (c *Central) Kill() error { return c.run.kill() }

// Close has central end in order, and returns once it has. Twice is fine.
func (c *Central) Close() error {
	if c.run == nil {
		return nil
	}
	return c.run.end()
}

// Dir is the folder of central's keys and ledger.
func (c *Central) Dir() string { return c.dir }

// Bundle is the folder of what central gave the station.
func (c *Central) Bundle() string { return c.bundle }

// Record is one submission in central's list.
type Record struct {
	ID      string
	Claim   string // the temporary code
	Dossier string // "" = not yet opened
}

var (
	listRow     = regexp.MustCompile(`(?s)<tr>\s*<td>.*?</tr>`)
	listID      = regexp.MustCompile(`href="/submissions/([^"]+)"`)
	listClaim   = regexp.MustCompile(`<small>[^<]* · ([^<]+)</small>`)
	listDossier = regexp.MustCompile(`<td class="code">([^<]*)</td>`)
)

// Records lists what central holds, the latest first, as its page shows it to
// staff.
func (c *Central) Records(ctx context.Context) ([]Record, error) {
	page, err := c.get(ctx, "/")
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, row := range listRow.FindAllString(string(page), -1) {
		id, claim, dossier := listID.FindStringSubmatch(row), listClaim.FindStringSubmatch(row), listDossier.FindStringSubmatch(row)
		if id == nil || claim == nil || dossier == nil {
			return nil, fmt.Errorf("central's page: a row of another form: %s", row)
		}
		r := Record{id[1], html.UnescapeString(claim[1]), html.UnescapeString(dossier[1])}
		if r.Dossier == "—" {
			r.Dossier = ""
		}
		all = append(all, r)
	}
	return all, nil
}

// Submission gives one submission as central opened it, and its own bytes.
func (c *Central) Submission(ctx context.Context, id string) (doc contract.Submission, raw []byte, err error) {
	if raw, err = c.get(ctx, "/submissions/"+id+".json"); err != nil {
		return doc, nil, err
	}
	return doc, raw, json.Unmarshal(raw, &doc)
}

func (c *Central) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Page+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("central's page: %s: %s", path, resp.Status)
	}
	return b, err
}
