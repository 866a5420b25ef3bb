package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/pcsc"
	"motcua/kiosk/config"
	"motcua/kiosk/trouble"
)

// Whoever must act is told what is wrong with the card reader, and not that a
// cable is loose when the daemon is down.
func TestReaderTrouble(t *testing.T) {
	for cause, want := range map[error]trouble.Code{
		pcsc.ErrNoDaemon: "reader-daemon", pcsc.ErrHung: "reader-daemon", pcsc.ErrVersion: "reader-daemon",
		pcsc.ErrDenied:   "reader-denied",
		pcsc.ErrUnlisted: "reader-unseen", pcsc.ErrBusy: "reader-unseen",
		pcsc.ErrNoReader: "reader-away", pcsc.ErrStuck: "reader-away", errors.New("input/output error"): "reader-away",
	} {
		err := devices.Fail("reader", "open", devices.ErrGone, fmt.Errorf("%w: more", cause))
		if got := readerTrouble(err); got != want {
			t.Errorf("readerTrouble(%v) = %s, want %s", err, got, want)
		}
	}
}

// A daemon that is not there and a line that is not there are told by the driver
// that the configuration names.
func TestReaderByDriver(t *testing.T) {
	t.Setenv("PCSCLITE_CSOCK_NAME", filepath.Join(t.TempDir(), "nobody"))
	for driver, fits := range map[string]func(error) bool{
		"pcsc":    func(err error) bool { return errors.Is(err, pcsc.ErrNoDaemon) },
		"acr122s": func(err error) bool { return errors.Is(err, devices.ErrGone) && !errors.Is(err, pcsc.ErrNoDaemon) },
	} {
		h := &house{config: config.Config{Peripherals: []config.Peripheral{
			{Name: "reader", Thing: "card", Driver: driver, Port: filepath.Join(t.TempDir(), "tty")}}}}
		readers := h.readers()
		if len(readers) != 1 {
			t.Fatalf("%s: %d readers", driver, len(readers))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if r, err := readers[0].Open(ctx); r != nil || !fits(err) {
			t.Errorf("%s: opened %v, %v", driver, r, err)
		}
	}
	if (&house{}).readers() != nil {
		t.Error("a reader that is not configured")
	}
}

// The camera for papers is the one configured as that, and not one that reads codes.
func TestPaperCamera(t *testing.T) {
	codes := config.Peripheral{Name: "codes", Thing: "barcode", Driver: "camera", Port: "/dev/null"}
	if (&house{config: config.Config{Peripherals: []config.Peripheral{codes}}}).paperCamera() != nil {
		t.Error("a camera that is not configured")
	}
	path := filepath.Join(t.TempDir(), "video0")
	h := &house{config: config.Config{Peripherals: []config.Peripheral{codes, {Name: "papers", Thing: "camera", Driver: "v4l2", Port: path}}}}
	u := h.paperCamera()
	if u == nil || u.Name != "papers" {
		t.Fatalf("it is %v", u)
	}
	if c, err := u.Open(t.Context()); c != nil || !errors.Is(err, devices.ErrGone) || !strings.Contains(err.Error(), path) {
		t.Errorf("opened %v, %v", c, err)
	}
	if err := u.There(); !errors.Is(err, devices.ErrGone) || !strings.Contains(err.Error(), path) {
		t.Errorf("a camera that is not plugged in: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := u.There(); err != nil {
		t.Errorf("a camera that is plugged in: %v", err)
	}
}

// A faulty anchor is named and left out, a folder that is not there is named, and
// neither stops the kiosk.
func TestAnchors(t *testing.T) {
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"good.cer": state.Root(), "list.crl": state.RevocationList(time.Now().AddDate(0, 1, 0)), "bad.pem": []byte("not a certificate")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func(from string) (roots, lists int, log string) {
		var b bytes.Buffer
		h := &house{config: config.Config{Trust: config.Trust{Anchors: from, Country: "VN"}}, log: slog.New(slog.NewTextHandler(&b, nil))}
		if a := h.anchors(); a != nil {
			roots, lists = a.Len()
		}
		return roots, lists, b.String()
	}
	if roots, lists, log := load(dir); roots != 1 || lists != 1 || !strings.Contains(log, "bad.pem") || strings.Contains(log, "good.cer") {
		t.Errorf("%d roots, %d lists of a folder with a faulty file, log:\n%s", roots, lists, log)
	}
	if roots, _, log := load(filepath.Join(dir, "nowhere")); roots != 0 || !strings.Contains(log, "no trust anchors") {
		t.Errorf("%d roots of no folder, log:\n%s", roots, log)
	}
	if roots, _, log := load(""); roots != 0 || log != "" {
		t.Errorf("%d roots where none are configured, log:\n%s", roots, log)
	}
}
