package station_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"motcua/kiosk/outbox"
	"motcua/kiosk/pin"
	"motcua/kiosk/station"
	"motcua/kiosk/stick"
	"motcua/kiosk/visit"
)

// asked is an uplink that notes what staff asked of it.
type asked struct {
	box *outbox.Outbox

	mu  sync.Mutex // guards what follows
	now int
	ids []string
}

func (a *asked) SendNow() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now++
}

func (a *asked) SendThis(ctx context.Context, id string) error {
	a.mu.Lock()
	a.ids = append(a.ids, id)
	a.mu.Unlock()
	return a.box.Resend(ctx, id, outbox.Reason{Code: "asked-for"})
}

// block gives the first block of a kind; false = there is none.
func block[B visit.Block](v visit.View) (b B, ok bool) {
	for _, one := range v.Blocks {
		if b, ok = one.(B); ok {
			return b, true
		}
	}
	return b, false
}

// TestStaffWorkTheOutbox: a refused submission is found, sent again, and copied
// to a stick from which central can read it.
func TestStaffWorkTheOutbox(t *testing.T) {
	hash, err := pin.Hash("4072")
	if err != nil {
		t.Fatal(err)
	}
	var uplink *asked
	usb, none := t.TempDir(), true
	var mu sync.Mutex
	h := openWith(t, -1, nil, func(h *hall, p *station.Parts) {
		uplink = &asked{box: h.outbox}
		place := p.Machine.Place
		place.HasPIN = true
		p.Machine, p.PIN, p.Sender = visit.New(place), pin.NewGate(hash, p.Now), uplink
		p.Stick = func() (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if none {
				return "", stick.ErrNone
			}
			return usb, nil
		}
	})
	h.review()
	h.touch("consent")
	h.until("the tick", ticked)
	h.touch("submit")
	h.at(visit.AtDone)
	id := h.list()[0].ID
	if err := h.outbox.Refused(t.Context(), id, outbox.Reason{Code: "procedure-guided", Text: "guided", Owner: outbox.Staff, Next: "ask"}); err != nil {
		t.Fatal(err)
	}
	h.touch("staff", "duty", "key:4", "key:0", "key:7", "key:2", "next")
	h.until("the parts", func(v visit.View) bool { return v.Screen == "duty-parts" })
	h.touch("part:outbox")
	has := func(action string) func(visit.View) bool {
		return func(v visit.View) bool {
			for _, b := range v.Actions {
				if b.ID == action && !b.Off {
					return v.Screen == "duty-outbox"
				}
			}
			return false
		}
	}
	h.until("the refused one", func(v visit.View) bool {
		rows, ok := block[visit.Rows](v)
		return v.Screen == "duty-outbox" && ok && len(rows.Items) == 1 && strings.HasPrefix(rows.Items[0].Title, "CN03-")
	})
	h.touch("stuck:1", "again")
	h.until("something waits", has("send"))
	if e := h.list(); e[0].State == outbox.Refused || len(uplink.ids) != 1 || uplink.ids[0] != id {
		t.Errorf("it is %s after it was sent again", e[0].State)
	}
	mu.Lock()
	none = false
	mu.Unlock()
	h.until("the stick is seen", has("export"))
	h.touch("export")
	h.until("what became of it", func(v visit.View) bool {
		n, ok := block[visit.Note](v)
		return ok && strings.HasPrefix(n.Text, "Đã chép 1 hồ sơ")
	})
	dirs, err := filepath.Glob(filepath.Join(usb, "motcua-CN-03-*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%d folders on the stick, %v", len(dirs), err)
	}
	m, err := stick.Open(dirs[0])
	if err != nil || len(m.Files) != 1 || m.Files[0].ID != id {
		t.Fatalf("on the stick: %+v, %v", m, err)
	}
	if _, err := m.Files[0].Read(dirs[0]); err != nil {
		t.Error(err)
	}
	h.touch("send")
	h.until("it is tried", func(v visit.View) bool {
		n, ok := block[visit.Note](v)
		return ok && n.Text == "Đang thử gửi tất cả."
	})
	mu.Lock()
	usb = filepath.Join(usb, "pulled")
	mu.Unlock()
	h.until("the next may be asked", has("export"))
	h.touch("export")
	h.until("that it failed", func(v visit.View) bool {
		n, ok := block[visit.Note](v)
		return ok && n.Tone == visit.Amber
	})
	uplink.mu.Lock()
	defer uplink.mu.Unlock()
	if uplink.now != 1 {
		t.Errorf("sent now %d times", uplink.now)
	}
}
