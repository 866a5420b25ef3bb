package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"

	"motcua/kiosk/contract"
)

// Central is the backend on this stage.
type Central struct {
	Addr string // "127.0.0.1:port" for stations; the same after a restart
	Page string // "http://127.0.0.1:port" for staff; the same after a restart

	dir, bundle string
	run         *process
}

// openCentral makes keys, enrols the station and starts central.
func (s *Stage) openCentral(ctx context.Context) error {
	c := &s.Central
	c.dir, c.bundle = s.path("central"), s.path("bundle")
	first, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	if err := run(first, s.bin("central"), "keys", c.dir); err != nil {
		return err
	}
	if err := run(first, s.bin("central"), "enrol", c.dir, "--station", Station, "--unit", Unit, "--out", c.bundle); err != nil {
		return err
	}
	c.Addr, c.Page = "127.0.0.1:0", "http://127.0.0.1:0"
	return s.StartCentral(ctx)
}

// StartCentral starts central, after KillCentral again, and returns once it
// takes connections.
func (s *Stage) StartCentral(ctx context.Context) error {
	c := &s.Central
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	p, err := launch(s.path("log"), "central", nil, s.bin("central"), "serve",
		"--dir", c.dir, "--listen", c.Addr, "--page", strings.TrimPrefix(c.Page, "http://"))
	if err != nil {
		return err
	}
	if c.run == nil {
		s.later(func() error { return c.run.end() })
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

// Dir is the folder of central's keys and ledger.
func (c *Central) Dir() string { return c.dir }

// Bundle is the folder of what central gave the station.
func (c *Central) Bundle() string { return c.bundle }

// KillCentral cuts central's power.
func (s *Stage) KillCentral() error { return s.Central.run.kill() }

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
