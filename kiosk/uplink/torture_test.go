package uplink

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"crypto/x509"

	"filippo.io/age"

	"motcua/kiosk/outbox"
	"motcua/kiosk/submission"
)

// The station that is killed is this test binary run again.
const (
	victimDir  = "UPLINK_TEST_DIR"  // outbox and bundle
	victimBase = "UPLINK_TEST_BASE" // of central
	victimStep = "UPLINK_TEST_STEP" // where it kills itself; "drain" = deliver all and exit
	killsEnv   = "UPLINK_KILLS"     // how many kills; 0 = 200
)

// The steps of accept and delivery at which a station kills itself. "" lives
// until it is killed from outside, at any moment.
var steps = []string{"before-put", "after-put", "before-send", "request-sent", "reply-read", "marked", "", "", "", "", "", ""}

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		if err := victim(dir, os.Getenv(victimBase), os.Getenv(victimStep)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// die kills this process, as pulling the plug does, if it is at its step.
func die(at, step string) {
	if at == step && rand.IntN(3) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// victim is a station: it accepts submissions, tells each step on stdout, and
// delivers, until it is killed.
func victim(dir, base, step string) error {
	box, err := outbox.Open(context.Background(), filepath.Join(dir, "outbox"), outbox.Options{MinFree: -1})
	if err != nil {
		return err
	}
	if d := box.Damage(); d != nil {
		return fmt.Errorf("damage after a kill: %+v", d)
	}
	bundle, err := LoadBundle(filepath.Join(dir, "bundle"))
	if err != nil {
		return err
	}
	c := &clock{now: time.Now}
	l, hangUp := newLine(bundle.TLS, c, newThrottle(0))
	l.client.Transport = suicidal{l.client.Transport, step}
	up := assemble(New(Options{Outbox: box, Base: base, Station: bundle.Station, Tell: func(n News) {
		if _, ok := n.(Received); ok {
			die("marked", step)
		}
	}}).o, c, l, hangUp)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- up.Run(ctx) }()
	if step == "drain" {
		err := drained(box)
		cancel()
		<-done
		return errors.Join(err, box.Close())
	}
	for range 12 {
		it := newItem()
		sum := sha256.Sum256(it.Sealed)
		fmt.Println("begin", it.ID, hex.EncodeToString(sum[:]))
		die("before-put", step)
		if err := box.Put(ctx, it); err != nil {
			fmt.Println("failed", it.ID)
			continue
		}
		die("after-put", step)
		fmt.Println("ok", it.ID) // the receipt says so
		<-time.After(rand.N(4 * time.Millisecond))
	}
	cancelled := <-done // until somebody kills us
	cancel()
	return cancelled
}

func drained(box *outbox.Outbox) error {
	late := time.After(2 * time.Minute)
	for {
		changed := box.Changed()
		s, err := box.Summary(context.Background())
		if err != nil {
			return err
		}
		if s.Pending() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("%d still pending", s.Pending())
		}
	}
}

// suicidal kills the process around a PUT.
type suicidal struct {
	http.RoundTripper
	step string
}

func (s suicidal) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return s.RoundTripper.RoundTrip(r)
	}
	die("before-send", s.step)
	rsp, err := s.RoundTripper.RoundTrip(r)
	die("request-sent", s.step)
	if err == nil {
		body, _ := io.ReadAll(rsp.Body)
		_ = rsp.Body.Close()
		rsp.Body = io.NopCloser(bytes.NewReader(body))
		die("reply-read", s.step)
	}
	return rsp, err
}

// unreliable is a way to central that loses, doubles, delays and cuts.
func unreliable(c *central) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		cut := func() bool {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
			return true
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return cut() // the station died in mid-request
		}
		again := func() *http.Request {
			r := r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
			return r
		}
		switch rand.IntN(20) {
		case 0: // request lost
			return cut()
		case 1: // reply lost
			c.answer(discard{http.Header{}}, again())
			return cut()
		case 2: // request doubled
			c.answer(discard{http.Header{}}, again())
		case 3: // delayed
			<-time.After(rand.N(20 * time.Millisecond))
		case 4: // reply cut short
			c.answer(discard{http.Header{}}, again())
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "300")
			_, _ = io.WriteString(w, `{"id":"`)
			_ = http.NewResponseController(w).Flush()
			return cut()
		case 5:
			say(w, 500, problem("central-fault", 500))
			return true
		}
		c.answer(w, again())
		return true
	}
}

// TestKilledAtAnyStep kills a station again and again, at each step and at any
// moment, on a way that loses, doubles, delays and cuts. In the end central has
// every submission that was accepted, once, byte for byte, and no other.
func TestKilledAtAnyStep(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	kills, window := 200, 160*time.Millisecond
	if raceDetector {
		kills, window = 40, time.Second
	}
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil && n > 0 {
		kills = n
	}
	a, c := newAuthority(t), newCentral(t)
	srv := a.serve(c, a.valid("central"))
	line := plug(t, srv.Listener.Addr().String())
	dir := t.TempDir()
	writeBundle(t, filepath.Join(dir, "bundle"), a)
	c.misbehave(unreliable(c))

	begun, accepted, failed := map[string]string{}, map[string]bool{}, map[string]bool{}
	live := func(step string, after time.Duration) (state *os.ProcessState) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimDir+"="+dir, victimBase+"=https://"+line.addr, victimStep+"="+step)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if after > 0 {
			defer time.AfterFunc(after, func() { _ = cmd.Process.Kill() }).Stop()
		}
		for said := bufio.NewScanner(out); said.Scan(); {
			switch f := strings.Fields(said.Text()); {
			case len(f) == 3 && f[0] == "begin":
				begun[f[1]] = f[2]
			case len(f) == 2 && f[0] == "ok":
				accepted[f[1]] = true
			case len(f) == 2 && f[0] == "failed":
				failed[f[1]] = true
			}
		}
		err = cmd.Wait()
		if killed := cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled(); err != nil && !killed {
			t.Fatalf("the station failed by itself: %v\n%s", err, complaint.String())
		}
		return cmd.ProcessState
	}
	start, byItself := time.Now(), 0
	for i := range kills {
		if i%10 == 9 {
			line.cut() // a life without network
		}
		step := steps[i%len(steps)]
		after := rand.N(window)
		if step != "" { // long enough to get there
			after = window
		}
		began := time.Now()
		live(step, after)
		if time.Since(began) < after {
			byItself++
		}
		if i%10 == 9 {
			line.mend()
		}
	}
	t.Logf("%d kills in %v, %d of them at a chosen step; %d begun, %d accepted",
		kills, time.Since(start).Round(time.Second), byItself, len(begun), len(accepted))
	if len(accepted) < kills/4 {
		t.Errorf("only %d were accepted over %d lives: too little to prove anything", len(accepted), kills)
	}
	c.misbehave(nil)
	if state := live("drain", 0); !state.Success() {
		t.Fatalf("the last life did not deliver everything: %v", state)
	}

	got := c.delivered()
	for id := range accepted {
		if !slices.Contains(got, id) {
			t.Errorf("%s was accepted and is lost", id)
		}
	}
	seen := map[string]bool{}
	for _, id := range got {
		sum := sha256.Sum256(c.kept[id])
		switch {
		case seen[id]:
			t.Errorf("%s is there twice", id)
		case begun[id] == "" || failed[id]:
			t.Errorf("%s is there and was not accepted", id)
		case begun[id] != hex.EncodeToString(sum[:]):
			t.Errorf("%s is there with other bytes", id)
		}
		seen[id] = true
	}
	box := openBox(t, filepath.Join(dir, "outbox"))
	list, err := box.List(t.Context(), outbox.Filter{})
	if err != nil || len(list) != len(got) {
		t.Errorf("the outbox tells of %d, %v; central has %d", len(list), err, len(got))
	}
	for _, e := range list {
		if e.State != outbox.Received || !seen[e.ID] {
			t.Errorf("%s is %s here (%s), at central: %v", e.ID, e.State, e.Reason.Code, seen[e.ID])
		}
	}
}

// writeBundle writes what central's enrolment writes.
func writeBundle(t *testing.T, dir string, a *authority) {
	t.Helper()
	pair := a.valid(station)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		fileCA:         pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}),
		fileCert:       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		fileKey:        pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		fileRecipients: []byte("# central\n" + id.Recipient().String() + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := submission.NewStationKey(station, time.Time{}).Save(filepath.Join(dir, fileSigningKey)); err != nil {
		t.Fatal(err)
	}
}
