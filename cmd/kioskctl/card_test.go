package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/devices"
	"motcua/devices/card"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/cccd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/pcsc/pcscdtest"
	"motcua/kiosk/config"
)

// visited is when every card in these tests is read.
var visited = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// ward is a station's configuration and the state that issued its visitors' cards.
type ward struct {
	state  *ldstest.State
	config string // the file
	trust  string // the folder of trust anchors
	out    bytes.Buffer
	words  bytes.Buffer
}

const station = `station = "CN-03"
unit = "00082"
data = "/var/lib/kiosk"
central = { url = "https://central.example", bundle = "/etc/kiosk/bundle" }
trust = { anchors = %q }

[[peripheral]]
name = "chip"
thing = "card"
driver = %q
%s
`

func open(t *testing.T, driver, more string) *ward {
	t.Helper()
	state, err := ldstest.NewState(ldstest.Options{Suite: ldstest.P256, Now: visited})
	if err != nil {
		t.Fatal(err)
	}
	w := &ward{state: state, config: filepath.Join(t.TempDir(), "kiosk.toml"), trust: t.TempDir()}
	w.write(t, "root.cer", state.Root())
	w.write(t, "list.crl", state.RevocationList(visited.Add(24*time.Hour)))
	if err := os.WriteFile(w.config, fmt.Appendf(nil, station, w.trust, driver, more), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *ward) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.trust, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *ward) unit() cardUnit { return cardUnit{Config: w.config} }

// issue makes a card of 2021 with PACE on P-256.
func (w *ward) issue(t *testing.T, f ldstest.Fault) (*ldstest.Card, *cardsim.Chip) {
	t.Helper()
	made, err := w.state.Issue(ldstest.CCCD2021.Person(), ldstest.Chip{
		PACE:    []lds.PACE{{Protocol: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, Version: 2, Parameter: 12}},
		ChipKey: ldstest.P256,
	}, f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cardsim.Issued(made, cardsim.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	return made, c
}

// desk is the technician's, with r plugged in.
func (w *ward) desk(t *testing.T, r *cardsim.Reader, in string) *desk {
	return &desk{
		ctx: t.Context(), in: strings.NewReader(in), out: &w.out, words: &w.words, now: visited,
		readers: func(_ context.Context, p config.Peripheral, _ string) (card.Reader, error) {
			if p.Name != "chip" {
				t.Errorf("opens %q", p.Name)
			}
			return r, nil
		},
	}
}

// explained runs a verb and gives its exit code; what it says goes to w.words.
func (w *ward) explained(err error) int { return explain(&w.words, err) }

// silent fails if anything that was said tells of the holder.
func (w *ward) silent(t *testing.T, who ldstest.Person, chips ...*cardsim.Chip) {
	t.Helper()
	said := w.out.String() + w.words.String()
	secrets := append(who.Secrets(), who.CAN(), who.MRZ()[:30], who.MRZ()[30:60], "31/01/1990", "31011990", "900131")
	for _, c := range chips {
		for _, key := range c.Keys() {
			secrets = append(secrets, string(key), fmt.Sprintf("%x", key), fmt.Sprintf("%X", key))
		}
	}
	for _, s := range secrets {
		if strings.Contains(said, s) {
			t.Errorf("%d characters of the holder's, or a key, were said", len(s))
		}
	}
	if testing.Verbose() {
		t.Logf("\n%s\n%s", w.out.String(), w.words.String())
	}
}

// figures are those that differ from card to card: signatures are of many lengths.
var figures = regexp.MustCompile(`\S+ ms +(\d+) +\d+`)

const genuine = `level             chip-genuine
opened by         PACE-CAN
signed by         ECDSA SHA-256 P-256
issuer            C=VN, CN=CSCA of an invented state
DG13 with DG1     the same
DG13 with the code  the same

STEP            TIME      EXCHANGES  BYTES
opening         # 8 #
reading EF.SOD  # 5 #
reading DG14    # 2 #
reading DG1     # 1 #
reading DG13    # 2 #
reading DG15    # 1 #
proving DG15    # 1 #
checking        # 0 #
all             # 20 #
`

// squeeze makes columns two blanks apart, however wide they are.
func squeeze(s string) string { return regexp.MustCompile(` {2,}`).ReplaceAllString(s, "  ") }

// What was proven is told with the time of each step, and nothing of the holder.
func TestCardRead(t *testing.T) {
	w := open(t, "pcsc", "")
	synctest.Test(t, func(t *testing.T) {
		made, c := w.issue(t, ldstest.None)
		r := cardsim.NewReader("chip")
		r.Speed(106_000, 3*time.Millisecond)
		r.Lay(c)
		cmd := cardReadCmd{cardUnit: w.unit(), cardKeys: cardKeys{QR: "-"}, Timeout: time.Minute}
		if code := w.explained(cmd.Run(w.desk(t, r, made.Person.QR(ldstest.CCCD2021)+"\n"))); code != fine {
			t.Errorf("exit code %d", code)
		}
		if !r.Closed() {
			t.Error("the reader is left open")
		}
		w.silent(t, made.Person, c)
		if diff := cmp.Diff(squeeze(genuine), squeeze(figures.ReplaceAllString(w.out.String(), "# $1 #"))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// The same in JSON, with the picture.
func TestCardReadJSON(t *testing.T) {
	w := open(t, "pcsc", "")
	synctest.Test(t, func(t *testing.T) {
		made, c := w.issue(t, ldstest.None)
		r := cardsim.NewReader("chip")
		r.Speed(848_000, 3*time.Millisecond)
		r.Lay(c)
		d := w.desk(t, r, made.Person.MRZ())
		d.json = true
		cmd := cardReadCmd{cardUnit: w.unit(), cardKeys: cardKeys{MRZ: "-"}, Photo: true, Timeout: time.Minute}
		if err := cmd.Run(d); err != nil {
			t.Fatal(err)
		}
		w.silent(t, made.Person, c)
		var got proven
		if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Opened != "PACE-MRZ" || got.Level != "chip-genuine" || len(got.Doubts) > 0 || len(got.Agrees) != 1 {
			t.Errorf("told %+v", got)
		}
		sum := 0
		for _, s := range got.Steps {
			sum += s.Exchanges
		}
		if sum != got.Total.Exchanges || got.Total.Milliseconds < 300 {
			t.Errorf("%d exchanges in the steps, in all %+v", sum, got.Total)
		}
	})
}

// What is wrong with a card, or with how it lies, is named with what to do.
func TestCardReadFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault ldstest.Fault
		can   string // "" = the card's
		lay   func(*cardsim.Reader, *cardsim.Chip)
		trust func(*testing.T, *ward)
		code  int
		out   []string
		words []string
	}{
		{name: "wrong number", can: "123456", code: failed, words: []string{"while opening: ", "the number is not this card's"}},
		{name: "no number at all", can: "1234", code: usage, words: []string{"six digits or twelve", "card read --help"}},
		{name: "nobody lays a card", lay: func(*cardsim.Reader, *cardsim.Chip) {}, code: failed, words: []string{"no card was laid", "card doctor"}},
		{name: "two cards", lay: func(r *cardsim.Reader, c *cardsim.Chip) { r.Lay(c); r.Lay(c) }, code: failed, words: []string{"more than one card", "out of the wallet"}},
		{name: "lifted", lay: func(r *cardsim.Reader, c *cardsim.Chip) { c.Fail(12, cardsim.Lost); r.Lay(c) }, code: failed, words: []string{"while reading: ", "card lifted", "leave the card"}},
		{name: "silent", lay: func(r *cardsim.Reader, c *cardsim.Chip) { c.Fail(1, cardsim.Silent); r.Lay(c) }, code: fine, out: []string{"chip-genuine", "noise ", "no answer"}},
		{name: "reader pulled", lay: func(r *cardsim.Reader, c *cardsim.Chip) { r.Unplug() }, code: inTrouble, words: []string{"unit gone", "plug the reader in"}},
		{name: "taken back", fault: ldstest.SignerRevoked, code: failed, out: []string{"chip-read", "signer-revoked"}, words: []string{"must be refused", "was revoked"}},
		{name: "a copy", lay: func(r *cardsim.Reader, c *cardsim.Chip) { _ = c.LoseKeys(); r.Lay(c) }, code: failed, out: []string{"chip-failed"}, words: []string{"must be refused"}},
		{name: "no root", trust: func(t *testing.T, w *ward) {
			if err := os.Remove(filepath.Join(w.trust, "root.cer")); err != nil {
				t.Fatal(err)
			}
		}, code: fine, out: []string{"chip-read", "anchor-missing", "CN=CSCA of an invented state"}},
		{name: "a root at fault", trust: func(t *testing.T, w *ward) {
			w.write(t, "other.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("nothing")}))
		}, code: fine, out: []string{"chip-genuine"}, words: []string{"left out: trust anchor other.pem"}},
		{name: "no folder", trust: func(t *testing.T, w *ward) {
			if err := os.RemoveAll(w.trust); err != nil {
				t.Fatal(err)
			}
		}, code: failed, words: []string{"read the folder of trust anchors"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, "pcsc", "")
			if tt.trust != nil {
				tt.trust(t, w)
			}
			synctest.Test(t, func(t *testing.T) {
				made, c := w.issue(t, tt.fault)
				r := cardsim.NewReader("chip")
				if tt.lay == nil {
					tt.lay = (*cardsim.Reader).Lay
				}
				tt.lay(r, c)
				can := made.Person.Number
				if tt.can != "" {
					can = tt.can
				}
				cmd := cardReadCmd{cardUnit: w.unit(), cardKeys: cardKeys{CAN: "-"}, Timeout: time.Minute}
				if code := w.explained(cmd.Run(w.desk(t, r, can))); code != tt.code {
					t.Errorf("exit code %d, want %d", code, tt.code)
				}
				for _, want := range tt.out {
					if !strings.Contains(w.out.String(), want) {
						t.Errorf("does not tell %q", want)
					}
				}
				for _, want := range tt.words {
					if !strings.Contains(w.words.String(), want) {
						t.Errorf("does not say %q", want)
					}
				}
				w.silent(t, made.Person, c)
			})
		})
	}
}

// Both verbs through the real card daemon, with the chip on its virtual reader.
func TestCardBehindTheDaemon(t *testing.T) {
	w := open(t, "pcsc", "")
	daemon := pcscdtest.Start(t)
	made, c := w.issue(t, ldstest.None)
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	t.Cleanup(served.Wait)
	t.Cleanup(cancel)
	conn := daemon.Dial(t)
	served.Go(func() { _ = cardsim.Serve(ctx, conn, c) })
	unit := w.unit()
	unit.Daemon = daemon.Socket
	d := w.desk(t, nil, made.Person.CAN())
	d.readers = openReader
	if code := w.explained(cardDoctorCmd{cardUnit: unit, Timeout: 5 * time.Second}.Run(d)); code != fine || strings.Count(w.out.String(), " ok ") != 6 {
		t.Errorf("card doctor: exit code %d:\n%s%s", code, w.out.String(), w.words.String())
	}
	read := cardReadCmd{cardUnit: unit, cardKeys: cardKeys{CAN: "-"}, Photo: true, Timeout: 20 * time.Second}
	if code := w.explained(read.Run(d)); code != fine || !strings.Contains(w.out.String(), "chip-genuine") {
		t.Errorf("card read: exit code %d:\n%s%s", code, w.out.String(), w.words.String())
	}
	w.silent(t, made.Person, c)
}

// What the card says in two places is held against each other, and no word of it
// is told.
func TestAgreements(t *testing.T) {
	who := ldstest.CCCD2021.Person()
	other := who
	other.Number, other.Entries = "001090999996", ldstest.Child.Person().Entries
	misnamed := who
	misnamed.Plain = "TRAN<<VAN<MAU"
	zone := func(p ldstest.Person) []byte { return lds.Append(nil, 0x61, lds.Append(nil, 0x5F1F, []byte(p.MRZ()))) }
	code := cccd.QR{Number: who.Number, Name: "Nguyen Van Khac"}
	for _, tt := range []struct {
		name    string
		files   map[lds.File][]byte
		code    cccd.QR
		want    []agreement
		differs bool
	}{
		{"the same", map[lds.File][]byte{lds.DG1: zone(who), lds.DG13: ldstest.DG13(who.Entries)}, cccd.QR{Number: who.Number},
			[]agreement{{"DG13 with DG1", "the same"}, {"DG13 with the code", "the same"}}, false},
		{"another code", map[lds.File][]byte{lds.DG1: zone(who), lds.DG13: ldstest.DG13(who.Entries)}, code,
			[]agreement{{"DG13 with DG1", "the same"}, {"DG13 with the code", "card differs from its code on the card in name"}}, true},
		{"another's", map[lds.File][]byte{lds.DG1: zone(who), lds.DG13: ldstest.DG13(other.Entries)}, code,
			[]agreement{{"DG13 with DG1", "card differs from its machine readable zone in number, date of birth, sex, date of expiry"},
				{"DG13 with the code", "card differs from its code on the card in number, name"}}, true},
		{"another name", map[lds.File][]byte{lds.DG1: zone(misnamed), lds.DG13: ldstest.DG13(who.Entries)}, cccd.QR{},
			[]agreement{{"DG13 with DG1", "the same"}, {"name with DG1", errName.Error()}}, false},
		{"no fields", map[lds.File][]byte{lds.DG1: zone(who)}, code,
			[]agreement{{"DG13", "not understood: DG13: outer tag: bytes end inside a field"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, differs := agreements(tt.files, tt.code)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (differs != nil) != tt.differs {
				t.Errorf("to be refused for %v; want it refused: %v", differs, tt.differs)
			}
		})
	}
}

// A genuine card whose code says something else is refused, with where they differ.
func TestCardReadOfAnotherCode(t *testing.T) {
	w := open(t, "pcsc", "")
	synctest.Test(t, func(t *testing.T) {
		made, c := w.issue(t, ldstest.None)
		r := cardsim.NewReader("chip")
		r.Lay(c)
		code := strings.Replace(made.Person.QR(ldstest.CCCD2021), made.Person.Name, "Nguyễn Văn Khác", 1)
		cmd := cardReadCmd{cardUnit: w.unit(), cardKeys: cardKeys{QR: "-"}, Timeout: time.Minute}
		if got := w.explained(cmd.Run(w.desk(t, r, code))); got != failed || !strings.Contains(w.words.String(), "must be refused: card differs from its code on the card in name") {
			t.Errorf("exit code %d: %s", got, w.words.String())
		}
		w.silent(t, made.Person, c)
	})
}

// A port that the kiosk holds is told with the way to free it.
func TestCardPortInUse(t *testing.T) {
	var out bytes.Buffer
	err := &cardFault{err: devices.Fail("chip", "open", devices.ErrRefused, fmt.Errorf("in use by another program"))}
	if code := explain(&out, err); code != inTrouble || !strings.Contains(out.String(), "systemctl stop kiosk") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
