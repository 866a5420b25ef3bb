package uplink

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// program is the real central, built and run.
type program struct {
	t         *testing.T
	bin, dir  string
	addr, api string
	cmd       *exec.Cmd
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, bin: filepath.Join(t.TempDir(), "central"), dir: filepath.Join(t.TempDir(), "keys"), addr: "127.0.0.1:0"}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", p.bin, "motcua/cmd/central").CombinedOutput(); err != nil {
		t.Fatalf("build central: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"keys", p.dir}, {"enrol", "--station=" + station, "--unit=00082", p.dir}} {
		if out, err := exec.CommandContext(t.Context(), p.bin, args...).CombinedOutput(); err != nil {
			t.Fatalf("central %s: %v\n%s", args[0], err, out)
		}
	}
	t.Cleanup(p.kill)
	return p
}

func (p *program) bundle() string { return filepath.Join(p.dir, "stations", station) }

// serve starts it and waits until it is ready; the second time on the same port.
func (p *program) serve() {
	p.t.Helper()
	p.cmd = exec.Command(p.bin, "serve", "--dir", p.dir, "--listen", p.addr, "--page", "127.0.0.1:0")
	p.cmd.Stderr = p.t.Output()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for said.Scan() {
		if url, ok := strings.CutPrefix(said.Text(), "api "); ok {
			p.api, p.addr = url, strings.TrimPrefix(url, "https://")
		}
		if said.Text() == "ready" {
			return
		}
	}
	p.t.Fatalf("central did not become ready: %v", said.Err())
}

// kill is kill -9.
func (p *program) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

func realItem(t *testing.T, b *Bundle) (it outbox.Item, word string) {
	t.Helper()
	id, now := submission.NewID(), time.Now().Truncate(time.Second)
	word = submission.Secret(rand.Reader)
	sealed, digest, err := submission.Seal(submission.Document{
		Version: submission.Version, ID: id, Station: b.Station, Unit: "00082", CreatedAt: now, Channel: contract.ChannelOnline,
		Pack:      contract.PackVersion{ID: "hanoi", Version: "2026-11-01"},
		Procedure: contract.ProcedureName{Code: "1.001193", Title: "Đăng ký khai sinh"},
		Rules:     []contract.AppliedRule{{Kind: contract.AppliedRuleKindFee, From: "2025-07-01", Source: "NQ 06/2020"}},
		Applicant: contract.Applicant{Name: "NGUYỄN VĂN MẪU", Number: "001090999999", Born: "1990-01-01", Assurance: contract.AssuranceQR},
		Answers:   []contract.Answer{{ID: "child.name", Label: "Họ tên trẻ", Value: "NGUYỄN THỊ MẪU", Shown: "NGUYỄN THỊ MẪU"}},
		Consent:   contract.ConsentGiven{Version: "1", Digest: submission.Digest([]byte("văn bản")), GivenAt: now, Lang: contract.LangVI},
		Secret:    word, Lang: contract.LangVI,
	}, b.Key, b.To)
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Item{ID: id, Claim: submission.Claim(b.Station, id), Procedure: "1.001193", Created: now,
		SecretHash: outbox.HashSecret(id, word), Sealed: sealed, Digest: digest}, word
}

// The real thing at both ends: one filed online, one with central killed, which
// is delivered once when it is back and then known by its dossier code; and no
// file of the outbox names the person.
func TestWithCentral(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs central")
	}
	p := newProgram(t)
	p.serve()
	b, err := LoadBundle(p.bundle())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, arrived: make(chan struct{})}
	dir := filepath.Join(t.TempDir(), "outbox")
	r.box = openBox(t, dir)
	r.up = New(Options{Outbox: r.box, Base: p.api, TLS: b.TLS, Station: b.Station, Tell: r.tell})
	r.run()
	r.await("central", func(n News) bool { return n == Online{} })

	put := func() (outbox.Item, string) {
		t.Helper()
		it, word := realItem(t, b)
		if err := r.box.Put(t.Context(), it); err != nil {
			t.Fatal(err)
		}
		return it, word
	}
	start := time.Now()
	online, _ := put()
	if e := r.settled(online.ID); e.State != outbox.Received {
		t.Fatalf("online: %s %+v", e.State, e.Reason)
	}
	t.Logf("accepted and confirmed in %v", time.Since(start).Round(time.Millisecond))
	e := r.until(online.ID, "a dossier", func(e outbox.Entry) bool { return e.Central.Dossier != "" })
	if !strings.HasPrefix(e.Central.Dossier, "H26.82-") {
		t.Errorf("dossier %q", e.Central.Dossier)
	}

	p.kill()
	stored, word := put()
	if d, err := r.up.LookUp(t.Context(), stored.ID, word); err != nil || d.State != Stored {
		t.Errorf("LookUp = %+v, %v; want stored here", d, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if e, err := r.box.Await(ctx, stored.ID); !errors.Is(err, context.DeadlineExceeded) || e.State == outbox.Received {
		t.Errorf("with central killed: %s, %v; want stored here", e.State, err)
	}
	if c, err := net.Dial("tcp", p.addr); err == nil {
		_ = c.Close()
		t.Fatal("central still listens")
	}
	p.serve()
	start = time.Now()
	r.settled(stored.ID)
	took := time.Since(start)
	t.Logf("delivered %v after central was back (bar 10 s)", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("delivered after %v, want at most 10 s", took)
	}
	e = r.until(stored.ID, "a dossier", func(e outbox.Entry) bool { return e.Central.Dossier != "" })
	if d, err := r.up.LookUp(t.Context(), stored.ID, word); err != nil || d.State != DossierOpen || d.Code != e.Central.Dossier || !d.Fresh {
		t.Errorf("LookUp = %+v, %v; want dossier %s from central", d, err, e.Central.Dossier)
	}
	if out, err := exec.CommandContext(t.Context(), p.bin, "export", "--dir", p.dir, stored.ID).Output(); err != nil || !strings.Contains(string(out), "NGUYỄN THỊ MẪU") {
		t.Errorf("central cannot open what it got: %v", err)
	}

	var all strings.Builder
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(all.String(), stored.ID) {
		t.Error("the scan does not see the submission: it proves nothing")
	}
	for _, person := range []string{"NGUYỄN", "MẪU", "001090999999", "1990-01-01"} {
		if strings.Contains(all.String(), person) {
			t.Errorf("%q stands in clear in the outbox", person)
		}
	}
}
