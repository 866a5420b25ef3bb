package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/cmd/central/internal/centraltest"
	"motcua/cmd/central/internal/ledger"
	"motcua/kiosk/contract"
	"motcua/kiosk/submission"
)

var dossierForm = regexp.MustCompile(`^H26\.82-[0-9]{6}-[0-9]{4}$`)

// checkHeldOnce holds that the ledger has total submissions, one of them id.
func checkHeldOnce(t testing.TB, o *office, id string, total int) {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(o.dir, ledger.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	all, err := l.List(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range all {
		if r.ID == id {
			n++
		}
	}
	if n != 1 || len(all) != total {
		t.Errorf("the ledger has %s %d times among %d, want once among %d", id, n, len(all), total)
	}
}

func TestSubmissionEndToEnd(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)

	first := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed)
	if first.JSON201 == nil {
		t.Fatalf("first put: %s %s", first.Status(), first.Body)
	}
	if s := first.JSON201; s.ID != doc.ID || s.Digest != digest || s.State != contract.StateOpened ||
		!dossierForm.MatchString(s.Dossier) || !s.Due.Equal(doc.DuePromised) {
		t.Errorf("first put: %+v", s)
	}
	again := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed)
	if again.JSON200 == nil || !cmp.Equal(again.JSON200, first.JSON201) {
		t.Errorf("same again: %s %s", again.Status(), again.Body)
	}

	// The same document sealed a second time is other bytes: age is not deterministic.
	resealed, redigest := o.seal(t, doc)
	checkRefused(t, put(t.Context(), t, c, doc.ID, centraltest.Station, redigest, resealed), 409, "other-content")

	one, err := c.GetSubmissionWithResponse(t.Context(), doc.ID)
	if err != nil || one.JSON200 == nil || !cmp.Equal(one.JSON200, first.JSON201) {
		t.Errorf("get: %v %s", err, one.Body)
	}
	unknown := submission.NewID()
	none, err := c.GetSubmissionWithResponse(t.Context(), unknown)
	if err != nil || none.ApplicationProblemJSON404 == nil {
		t.Errorf("get unknown: %v %s", err, none.Body)
	}
	list, err := c.ListStatusesWithResponse(t.Context(), contract.StatusQuery{Ids: []string{unknown, doc.ID}})
	if err != nil || list.JSON200 == nil {
		t.Fatalf("statuses: %v %s", err, list.Body)
	}
	if diff := cmp.Diff(contract.StatusList{Statuses: []contract.Status{*first.JSON201}, Unknown: []string{unknown}}, *list.JSON200); diff != "" {
		t.Error(diff)
	}
	clock, err := c.GetTimeWithResponse(t.Context())
	if err != nil || clock.JSON200 == nil || time.Since(clock.JSON200.Time).Abs() > time.Minute {
		t.Errorf("time: %v %s", err, clock.Body)
	}
	checkHeldOnce(t, o, doc.ID, 1)

	// What central prints is what the station signed.
	want, err := submission.Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustCentral(t, "export", doc.ID, "--dir", o.dir); got != string(want)+"\n" {
		t.Errorf("export printed %s", got)
	}
	if got := fetch(t, r.page+"/submissions/"+doc.ID+".json"); got != string(want) {
		t.Errorf("page gave %s", got)
	}
	if _, errs, err := central(t, "export", unknown, "--dir", o.dir); err == nil || !strings.Contains(errs, "no submission") {
		t.Errorf("export unknown: %v %s", err, errs)
	}

	// A restart keeps everything, and goes on counting.
	r.stop(t)
	r = o.serve(t, "main")
	c = client(t, r, o.bundle(centraltest.Station))
	if s := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed); s.JSON200 == nil || !cmp.Equal(s.JSON200, first.JSON201) {
		t.Errorf("after restart: %s %s", s.Status(), s.Body)
	}
	second := centraltest.Document()
	sealed, digest = o.seal(t, second)
	s := put(t.Context(), t, c, second.ID, centraltest.Station, digest, sealed)
	if s.JSON201 == nil || s.JSON201.Dossier == first.JSON201.Dossier {
		t.Errorf("second: %s %s", s.Status(), s.Body)
	}
	checkNothingReadable(t, o)
}

// checkNothingReadable holds that a copy of the ledger gives up nobody.
func checkNothingReadable(t testing.TB, o *office) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(o.dir, ledger.Name+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no ledger: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range centraltest.Personal {
			if word != "7F2K" && bytes.Contains(b, []byte(word)) { // the secret is for look-ups
				t.Errorf("%s shows %q", filepath.Base(file), word)
			}
		}
	}
}

func fetch(t testing.TB, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
	return string(b)
}

func TestConcurrentSamePuts(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	const stations = 16 // connections that all send the same
	answers := make([]*contract.PutSubmissionResponse, stations)
	clients := make([]*contract.ClientWithResponses, stations)
	for i := range clients {
		clients[i] = client(t, r, o.bundle(centraltest.Station))
	}
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i], _ = clients[i].PutSubmissionWithBodyWithResponse(t.Context(), doc.ID,
				&contract.PutSubmissionParams{StationID: centraltest.Station, ContentDigest: digest}, contract.SealedType, bytes.NewReader(sealed))
		})
	}
	wg.Wait()
	created, codes := 0, map[string]bool{}
	for _, a := range answers {
		switch {
		case a == nil:
			t.Fatal("a put got no answer")
		case a.JSON201 != nil:
			created++
			codes[a.JSON201.Dossier] = true
		case a.JSON200 != nil:
			codes[a.JSON200.Dossier] = true
		default:
			t.Errorf("%s %s", a.Status(), a.Body)
		}
	}
	if created != 1 || len(codes) != 1 {
		t.Errorf("%d times created, %d dossier codes; want one of each", created, len(codes))
	}
	checkHeldOnce(t, o, doc.ID, 1)
}

func TestLookUp(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	stored := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed).JSON201
	if stored == nil {
		t.Fatal("not stored")
	}
	claim := submission.Claim(doc.Station, doc.ID)
	look := func(ref, secret string) *contract.LookUpResponse {
		t.Helper()
		answer, err := c.LookUpWithResponse(t.Context(), contract.LookUp{Ref: ref, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	for _, ref := range []string{doc.ID, strings.ToUpper(doc.ID), stored.Dossier, claim, " " + strings.ToLower(claim)} {
		got := look(ref, " 7f2k")
		if got.JSON200 == nil || got.JSON200.Dossier != stored.Dossier || got.JSON200.Procedure != doc.Procedure || got.JSON200.State != contract.StateOpened {
			t.Errorf("look up %q: %s %s", ref, got.Status(), got.Body)
		}
		centraltest.CheckNoPerson(t, "look-up", string(got.Body))
	}
	// A wrong secret says no more than an unknown code does.
	wrong, unknown := look(claim, "9999"), look("CN03-9999", "7F2K")
	if wrong.StatusCode() != 404 || !bytes.Equal(wrong.Body, unknown.Body) || wrong.StatusCode() != unknown.StatusCode() {
		t.Errorf("wrong secret: %s %s\nunknown code: %s %s", wrong.Status(), wrong.Body, unknown.Status(), unknown.Body)
	}
	for range 4 {
		if got := look(claim, "9998"); got.StatusCode() != 404 {
			t.Errorf("wrong secret: %s", got.Status())
		}
	}
	got := look(claim, "7F2K") // right at last, and too late
	if got.ApplicationProblemJSON429 == nil || got.Headers429 == nil || got.Headers429.RetryAfter != 900 {
		t.Errorf("sixth try: %s %s", got.Status(), got.Body)
	}
	if got := look(doc.ID, "7F2K"); got.JSON200 == nil {
		t.Errorf("another reference is not held up: %s", got.Status())
	}
}

func TestDossierDelay(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main", "--dossier-delay", "300ms", "--agency", "H99", "--agency-of", "00082=H99.7.1")
	c := client(t, r, o.bundle(centraltest.Station))
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	if s := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed).JSON201; s == nil || s.State != contract.StateReceived || s.Dossier != "" {
		t.Fatalf("at first: %+v", s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		s, err := c.GetSubmissionWithResponse(ctx, doc.ID)
		if err != nil {
			t.Fatal(err)
		}
		if s.JSON200.State == contract.StateOpened {
			if !strings.HasPrefix(s.JSON200.Dossier, "H99.7.1-") || s.JSON200.At.Sub(doc.CreatedAt) < 300*time.Millisecond {
				t.Errorf("opened: %+v", s.JSON200)
			}
			return
		}
		<-poll.C
	}
}

func TestHeartbeat(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))
	beat := contract.Heartbeat{Station: centraltest.Station, At: time.Now(), Version: "1.2.3", Pack: "hanoi 2026-11-01",
		Up: 60, Waiting: 2, Oldest: time.Now(), Troubles: []contract.Trouble{{Code: "printer-paper-out", Since: time.Now()}}}
	said, err := c.PostHeartbeatWithResponse(t.Context(), beat)
	if err != nil || said.JSON200 == nil {
		t.Fatalf("%v %s", err, said.Body)
	}
	beat.Station = "CN-04"
	if said, err = c.PostHeartbeatWithResponse(t.Context(), beat); err != nil || said.ApplicationProblemJSON403 == nil {
		t.Errorf("in another's name: %v %s", err, said.Body)
	}
	r.stop(t) // writes what it heard
	r = o.serve(t, "main")
	if page := fetch(t, r.page+"/stations"); !strings.Contains(page, "printer-paper-out") || !strings.Contains(page, "1.2.3") || strings.Contains(page, "CN-04") {
		t.Errorf("stations page:\n%s", page)
	}
}

func TestPageListsMasked(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	c := client(t, r, o.bundle(centraltest.Station))
	doc := centraltest.Document()
	doc.Answers[0].Shown = "<script>alert(1)</script>"
	sealed, digest := o.seal(t, doc)
	stored := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed).JSON201
	if stored == nil {
		t.Fatal("not stored")
	}
	list := fetch(t, r.page+"/")
	centraltest.CheckNoPerson(t, "list", list)
	for _, word := range []string{"N. V. M. ••••••••9999", stored.Dossier, doc.Procedure.Title, centraltest.Station, "Mã QR trên thẻ"} {
		if !strings.Contains(list, word) {
			t.Errorf("list lacks %q", word)
		}
	}
	full := fetch(t, r.page+"/submissions/"+doc.ID)
	for _, word := range []string{"001090999999", "NGUYỄN VĂN MẪU", "Số 1 Phố Mẫu", "01/02/1990", "&lt;script&gt;"} {
		if !strings.Contains(full, word) {
			t.Errorf("the opened submission lacks %q", word)
		}
	}
	if audit := fetch(t, r.page+"/audit"); !strings.Contains(audit, doc.ID) || !strings.Contains(audit, "Đã xem") {
		t.Error("the audit log does not tell that it was read")
	}
}

// Told to stop, central takes in what is already on its way.
func TestStopsGracefully(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	body, rest := io.Pipe()
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.api+"/v1/submissions/"+doc.ID, body)
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Content-Type", contract.SealedType)
	ask.Header.Set("Content-Digest", digest)
	ask.Header.Set("Station-Id", doc.Station)
	ask.Header.Set("Expect", "100-continue") // nothing of the body goes before central reads it
	tr := transport(t, o.bundle(centraltest.Station))
	tr.ExpectContinueTimeout = time.Minute
	answered := make(chan string, 1)
	go func() {
		answer, err := (&http.Client{Transport: tr}).Do(ask)
		if err != nil {
			answered <- err.Error()
			return
		}
		_ = answer.Body.Close()
		answered <- answer.Status
	}()
	if _, err := rest.Write(sealed[:len(sealed)/2]); err != nil { // central has it in hand once this is taken
		t.Fatal(err)
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return fetchStatus(r.page+"/") == 0 }) // it no longer listens
	if _, err := rest.Write(sealed[len(sealed)/2:]); err != nil {
		t.Fatal(err)
	}
	if err := rest.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != "201 Created" {
		t.Errorf("what was on its way got %s\n%s", got, r.said())
	}
	r.gone(t)
	checkHeldOnce(t, o, doc.ID, 1)
}

// waitFor asks until yes, for at most twenty seconds.
func waitFor(t *testing.T, yes func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-again.C:
		case <-late:
			t.Fatal("waited in vain")
		}
	}
}

// fetchStatus gives the status of url, 0 when nobody answers.
func fetchStatus(url string) int {
	answer, err := http.Get(url)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// When its time is over the content goes; that it came is known for ever.
func TestContentIsNotKeptForEver(t *testing.T) {
	o := newOffice(t)
	r := o.serve(t, "main")
	doc := centraltest.Document()
	sealed, digest := o.seal(t, doc)
	first := put(t.Context(), t, client(t, r, o.bundle(centraltest.Station)), doc.ID, centraltest.Station, digest, sealed)
	r.stop(t)
	r = o.serve(t, "main", "--keep", "1ms")
	waitFor(t, func() bool { return fetchStatus(r.page+"/submissions/"+doc.ID) == http.StatusGone })
	again := put(t.Context(), t, client(t, r, o.bundle(centraltest.Station)), doc.ID, centraltest.Station, digest, sealed)
	if again.JSON200 == nil || !cmp.Equal(again.JSON200, first.JSON201) {
		t.Errorf("same again: %s %s", again.Status(), again.Body)
	}
	if audit := fetch(t, r.page+"/audit"); !strings.Contains(audit, "Hết hạn lưu") {
		t.Error("the audit log does not tell that content was dropped")
	}
	if _, errs, err := central(t, "export", doc.ID, "--dir", o.dir); err == nil || !strings.Contains(errs, "no longer kept") {
		t.Errorf("export: %v %s", err, errs)
	}
}

func TestWrongUse(t *testing.T) {
	o := newOffice(t)
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"keys", o.dir}, 1, "there are keys"},
		{[]string{"enrol", o.dir, "--station", centraltest.Station, "--unit", "00082"}, 1, "exists"},
		{[]string{"enrol", o.dir, "--station", "cn3", "--unit", "00082"}, 1, "not like CN-03"},
		{[]string{"enrol", o.dir, "--station", "CN-09", "--unit", "82"}, 1, "five digits"},
		{[]string{"serve", "--dir", filepath.Join(o.dir, "none")}, 1, "central keys"},
		{[]string{"serve", "--dir", o.dir, "--page", "0.0.0.0:0"}, 1, "not of this machine"},
		{[]string{"serve", "--dir", o.dir, "--agency", "Hanoi"}, 1, "not like H26"},
		{[]string{"serve", "--dir", o.dir, "--pack", o.dir}, 1, "load pack"},
		{[]string{"serve", "--dir", o.dir, "--dossier-delay", "soon"}, 2, "duration"},
		{[]string{"serve"}, 2, "--dir"},
		{nil, 2, "expected one of"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.args), func(t *testing.T) {
			_, errs, err := central(t, test.args...)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != test.code || !strings.Contains(errs, test.says) {
				t.Errorf("%v, want exit %d and %q:\n%s", err, test.code, test.says, errs)
			}
		})
	}
}

// Central is one static file: it is put on a server, and nothing else is.
func TestBuildsWithoutCgo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(t.TempDir(), "central"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
