package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"motcua/cmd/central/internal/centraltest"
	"motcua/kiosk/contract"
)

// dyingMain is central as it is, but for one thing: it kills itself with
// SIGKILL at a submission, before anything is written ("before-write") or when
// all is written and the answer is about to start ("before-reply").
func dyingMain(act string) {
	var c struct {
		Serve serveCommand `cmd:""`
	}
	kong.Parse(&c)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx := context.Background()
	p, err := c.Serve.open(ctx, log)
	if err != nil {
		panic(err)
	}
	in, err := net.Listen("tcp", c.Serve.Listen)
	if err != nil {
		panic(err)
	}
	fmt.Printf("api https://%s\nready\n", in.Addr())
	err = serve(ctx, tls.NewListener(in, p.keys.TLS), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			if act == "before-write" {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					panic(err)
				}
				die()
			}
			w = dyingWriter{w}
		}
		p.gate.Routes().ServeHTTP(w, r)
	}), log)
	panic(err)
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// dyingWriter dies at the first sign of an answer.
type dyingWriter struct{ http.ResponseWriter }

func (dyingWriter) WriteHeader(int)           { die() }
func (dyingWriter) Write([]byte) (int, error) { die(); return 0, nil }

// Killed at a submission and started again, central has it exactly once, and
// the station that never heard an answer gets the same one as any other.
func TestKilledAtSubmission(t *testing.T) {
	for act, want := range map[string]int{"before-write": http.StatusCreated, "before-reply": http.StatusOK} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			doc := centraltest.Document()
			sealed, digest := o.seal(t, doc)

			dying := o.serve(t, act)
			c := client(t, dying, o.bundle(centraltest.Station))
			params := &contract.PutSubmissionParams{StationID: centraltest.Station, ContentDigest: digest}
			if answer, err := c.PutSubmissionWithBodyWithResponse(t.Context(), doc.ID, params, contract.SealedType, bytes.NewReader(sealed)); err == nil {
				t.Fatalf("the dying central answered %s", answer.Status())
			}
			dying.gone(t)

			back := o.serve(t, "main")
			c = client(t, back, o.bundle(centraltest.Station))
			answer := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed)
			if answer.StatusCode() != want {
				t.Errorf("put again: %s, want %d", answer.Status(), want)
			}
			checkHeldOnce(t, o, doc.ID, 1)
		})
	}
}

// Killed at any moment, again and again, with the station sending until it is
// told: every submission is there once, with a dossier code of its own.
func TestKilledAnyTime(t *testing.T) {
	if testing.Short() {
		t.Skip("starts central many times")
	}
	o := newOffice(t)
	const seed = 20261121
	when := rand.New(rand.NewPCG(seed, seed))
	codes := map[string]string{}
	r := o.serve(t, "main")
	for kill := range 10 {
		doc := centraltest.Document()
		sealed, digest := o.seal(t, doc)
		c := client(t, r, o.bundle(centraltest.Station))
		blow := time.AfterFunc(time.Duration(when.IntN(12_000))*time.Microsecond, func() { _ = r.cmd.Process.Kill() })
		params := &contract.PutSubmissionParams{StationID: centraltest.Station, ContentDigest: digest}
		confirmed := false
		for { // until the blow falls
			answer, err := c.PutSubmissionWithBodyWithResponse(t.Context(), doc.ID, params, contract.SealedType, bytes.NewReader(sealed))
			if err != nil {
				break
			}
			checkSameCode(t, codes, answer)
			confirmed = true
		}
		blow.Stop()
		r.gone(t)

		r = o.serve(t, "main")
		c = client(t, r, o.bundle(centraltest.Station))
		answer := put(t.Context(), t, c, doc.ID, centraltest.Station, digest, sealed)
		checkSameCode(t, codes, answer)
		if confirmed && answer.JSON200 == nil {
			t.Errorf("kill %d: what was confirmed was gone: %s", kill, answer.Status())
		}
	}
	seen := map[string]bool{}
	for id, code := range codes {
		if seen[code] {
			t.Errorf("dossier code %s was given twice", code)
		}
		seen[code] = true
		checkHeldOnce(t, o, id, len(codes))
	}
}

// checkSameCode holds that answer confirms its submission, with the dossier
// code that it had before.
func checkSameCode(t *testing.T, codes map[string]string, answer *contract.PutSubmissionResponse) {
	t.Helper()
	told := answer.JSON200
	if answer.JSON201 != nil {
		told = answer.JSON201
	}
	if told == nil {
		t.Fatalf("put: %s %s", answer.Status(), answer.Body)
	}
	if before, heard := codes[told.ID]; heard && before != told.Dossier {
		t.Errorf("dossier code changed from %s to %s", before, told.Dossier)
	}
	codes[told.ID] = told.Dossier
}
