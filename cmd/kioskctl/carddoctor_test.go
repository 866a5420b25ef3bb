package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/pcsc"
	"motcua/kiosk/config"
)

// The doctor names the part at fault with a sentence that says what to do.
func TestCardDoctor(t *testing.T) {
	for _, tt := range []struct {
		name, driver, more string
		reader             func(*cardsim.Reader, *cardsim.Chip)
		code               int
		want               []string
	}{
		{name: "all well", driver: "acr122s", more: `port = "/dev/ttyS9"`, reader: (*cardsim.Reader).Lay,
			want: []string{"trust anchors  ok", "1 root certificates, 1 revocation lists, of VN", "card reader    ok     at /dev/ttyS9", "antenna        ok", "chip           ok     an ID card, opened by PACE 0.4.0.127.0.7.2.2.4.2.2 with parameters 12: it asks"}},
		{name: "a chip that says nothing sound", driver: "acr122s", more: `port = "/dev/ttyS9"`, code: inTrouble,
			reader: func(r *cardsim.Reader, c *cardsim.Chip) { c.Write(lds.CardAccess, []byte{0x30, 0}); r.Lay(c) },
			want:   []string{"chip           FAULT  does not answer as an ID card does"}},
		{name: "a chip of a make to come", driver: "acr122s", more: `port = "/dev/ttyS9"`, code: inTrouble,
			reader: func(r *cardsim.Reader, c *cardsim.Chip) {
				c.Write(lds.CardAccess, bytes.Replace(c.File(lds.CardAccess), []byte{2, 1, 12}, []byte{2, 1, 18}, 1))
				r.Lay(c)
			},
			want: []string{"chip           FAULT  does not answer as an ID card does, opened by PACE 0.4.0.127.0.7.2.2.4.2.2 with parameters 18", "→ the card is of a make that is not known yet"}},
		{name: "no card", driver: "acr122s", more: `port = "/dev/ttyS9"`, code: inTrouble, reader: func(*cardsim.Reader, *cardsim.Chip) {},
			want: []string{"antenna        FAULT", "→ lay the card flat"}},
		{name: "no ID card", driver: "acr122s", more: `port = "/dev/ttyS9"`, code: inTrouble,
			reader: func(r *cardsim.Reader, c *cardsim.Chip) { c.Fail(5, cardsim.OtherStatus); r.Lay(c) },
			want:   []string{"chip           FAULT", "→ Lay an ID card"}},
		{name: "no daemon", driver: "pcsc", code: inTrouble,
			want: []string{"card daemon    FAULT", "install pcscd and run `systemctl enable --now pcscd.socket`"}},
		{name: "no reader in the configuration", driver: "serial", more: "port = \"/dev/ttyS9\"\n[[peripheral]]\n", code: inTrouble,
			want: []string{"configuration  FAULT", "→ Give the file with --config"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, tt.driver, tt.more)
			nowhere := filepath.Join(t.TempDir(), "pcscd.comm")
			doctor := func(t *testing.T) {
				made, c := w.issue(t, ldstest.None)
				r := cardsim.NewReader("chip")
				if tt.reader != nil {
					tt.reader(r, c)
				}
				d := w.desk(t, r, "")
				opened := 0
				d.readers = func(context.Context, config.Peripheral, string) (card.Reader, error) {
					if opened++; opened > 1 { // closed after the first look
						r = cardsim.NewReader("chip")
						tt.reader(r, c)
					}
					return r, nil
				}
				unit := w.unit()
				unit.Daemon = nowhere
				if code := w.explained(cardDoctorCmd{cardUnit: unit, Timeout: 5 * time.Second}.Run(d)); code != tt.code {
					t.Errorf("exit code %d, want %d", code, tt.code)
				}
				for _, want := range tt.want {
					if !strings.Contains(squeeze(w.out.String()), squeeze(want)) {
						t.Errorf("does not tell %q:\n%s", want, w.out.String())
					}
				}
				w.silent(t, made.Person, c)
			}
			if tt.driver == "pcsc" {
				doctor(t) // a real socket is looked for
			} else {
				synctest.Test(t, doctor)
			}
		})
	}
}

// Where the error itself says what to do, the hint says nothing else.
func TestCardHints(t *testing.T) {
	for _, err := range []error{pcsc.ErrNoDaemon, pcsc.ErrDenied, pcsc.ErrVersion, pcsc.ErrHung, pcsc.ErrNoReader, pcsc.ErrUnlisted, pcsc.ErrStuck, pcsc.ErrMute} {
		for _, reason := range []error{devices.ErrGone, devices.ErrRefused, devices.ErrSilent} {
			f := &cardFault{err: devices.Fail("chip", "open", reason, err)}
			if got, want := f.hint(), "`kioskctl card doctor` looks at each part"; got != want {
				t.Errorf("%v: hint %q, want %q", f, got, want)
			}
		}
	}
	if got := (&cardFault{err: devices.Fail("chip", "open", devices.ErrRefused, pcsc.ErrBusy)}).hint(); !strings.Contains(got, "systemctl stop kiosk") {
		t.Errorf("another program has the reader: hint %q", got)
	}
}

// Roots that have expired and lists out of date are told before a card shows it.
func TestCardDoctorOnOldAnchors(t *testing.T) {
	for name, want := range map[string]struct {
		root, list time.Duration // until which they are good, from today
		text       string
	}{
		"expired root": {-time.Hour, time.Hour, "none of the roots valid today"},
		"stale list":   {time.Hour, -time.Hour, "none of the lists up to date"},
		"all well":     {time.Hour, time.Hour, "of VN\n"},
	} {
		w := open(t, "acr122s", `port = "/dev/ttyS9"`)
		w.write(t, "root.cer", w.state.RootUntil(visited.Add(want.root)))
		w.write(t, "list.crl", w.state.RevocationList(visited.Add(want.list)))
		_, trusted, err := w.unit().unit()
		if err != nil {
			t.Fatal(err)
		}
		f := cardDoctorCmd{}.anchors(&desk{now: visited, words: &w.words}, trusted)
		if !f.OK || !strings.Contains(f.Found+"\n", want.text) || (f.Do == "") != (name == "all well") {
			t.Errorf("%s: %+v, want %q", name, f, want.text)
		}
	}
}
