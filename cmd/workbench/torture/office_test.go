package torture

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // central's ledger is read with it
)

// build builds programs as they are built for a ward, into a folder.
func build(t *testing.T, packages ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range packages {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, filepath.Base(p)), p)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", p, err, out)
		}
	}
	return dir
}

// office is the real central, which is killed now and then.
type office struct {
	bin, dir string

	mu   sync.Mutex // guards what follows
	addr string
	page string // for staff
	cmd  *exec.Cmd
	died int
}

func newOffice(t *testing.T, bin string, stations ...string) *office {
	t.Helper()
	o := &office{bin: filepath.Join(bin, "central"), dir: filepath.Join(t.TempDir(), "central"), addr: "127.0.0.1:0"}
	calls := [][]string{{"keys", o.dir}}
	for _, s := range stations {
		calls = append(calls, []string{"enrol", "--station=" + s, "--unit=00082", o.dir})
	}
	for _, args := range calls {
		if out, err := exec.CommandContext(t.Context(), o.bin, args...).CombinedOutput(); err != nil {
			t.Fatalf("central %s: %v\n%s", args[0], err, out)
		}
	}
	if err := o.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.kill(syscall.SIGKILL) })
	return o
}

func (o *office) bundle(station string) string { return filepath.Join(o.dir, "stations", station) }

// open starts central and waits until it is ready; again on the same port.
func (o *office) open() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	cmd := exec.Command(o.bin, "serve", "--dir", o.dir, "--listen", o.addr, "--page", "127.0.0.1:0", "--dossier-delay", "0s", "--day-submissions", "0", "--day-parts", "0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	said := bufio.NewScanner(out)
	for said.Scan() {
		if a, ok := strings.CutPrefix(said.Text(), "api https://"); ok {
			o.addr = a
		}
		if p, ok := strings.CutPrefix(said.Text(), "page "); ok {
			o.page = p
		}
		if said.Text() == "ready" {
			o.cmd = cmd
			return nil
		}
	}
	return fmt.Errorf("central did not become ready: %v, %v", said.Err(), cmd.Wait())
}

// kill sends central a signal and waits until it is gone.
func (o *office) kill(s syscall.Signal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd != nil {
		_ = o.cmd.Process.Signal(s)
		_ = o.cmd.Wait()
		o.cmd = nil
		o.died++
	}
}

// haunt kills central at random until ctx ends, and leaves it open.
func (o *office) haunt(ctx context.Context) error {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		o.kill(syscall.SIGKILL)
		if err := o.open(); err != nil {
			return err
		}
	}
}

// ledger opens what central in dir has written, to be read.
func ledger(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(dir, "ledger.db")}).EscapedPath()+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// held reads what the ledger of central in dir holds: the SHA-256 of the sealed
// bytes by id. It fails when one is there twice or has not just one dossier.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	db := ledger(t, dir)
	defer db.Close()
	rows, err := db.Query("SELECT id, sealed, coalesce(dossier, '') FROM submissions")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all, dossiers := map[string]string{}, map[string]bool{}
	for rows.Next() {
		var id, dossier string
		var sealed []byte
		if err := rows.Scan(&id, &sealed, &dossier); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(sealed)
		if all[id] != "" || dossier != "" && dossiers[dossier] {
			t.Errorf("%s, dossier %s, is at central twice", id, dossier)
		}
		all[id], dossiers[dossier] = hex.EncodeToString(sum[:]), true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
