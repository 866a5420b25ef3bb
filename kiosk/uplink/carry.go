package uplink

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

const (
	// turnBytes is how much of a part is sent before others have their turn, and
	// what one request carries: 45 s at 100 kbit/s.
	turnBytes = 512 << 10
	// abreast is how many submissions take turns.
	abreast = 4
	// maxDeaf is how often in a row a part may be asked about without moving.
	maxDeaf = 3
)

// freight is how far one part is, as central said last.
type freight struct {
	file   *os.File // checked against its name when it was opened
	known  bool     // central was asked since the last break
	offset int64
	deaf   int // questions since it last moved
	there  bool
}

// carrier sends parts, as long as nothing stands in its way.
type carrier struct {
	u      *Uplink
	parts  map[string]*freight
	single map[string]*backoff.ExponentialBackOff
}

// carry sends parts, beside deliver and on a connection of its own. A
// submission is given to deliver once central has all of its parts, so that a
// small one never waits for what others brought along. The first few that lack
// parts take turns of turnBytes, so that nor does a single photo wait for
// another's sixty megabytes.
func (u *Uplink) carry(ctx context.Context) error {
	single := map[string]*backoff.ExponentialBackOff{}
	return u.lane(ctx, u.kickCarry, u.o.Outbox.NextLacking, func(ctx context.Context) *failure {
		c := &carrier{u, map[string]*freight{}, single}
		defer c.close()
		return c.drain(ctx)
	})
}

func (c *carrier) close() {
	for _, f := range c.parts {
		f.close()
	}
}

func (f *freight) close() {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
}

// drain sends all parts of all that is due. It gives the failure that stopped
// it, nil when nothing is due any more.
func (c *carrier) drain(ctx context.Context) *failure {
	faults, moved := 0, false
	for ctx.Err() == nil {
		row, err := c.u.lacking(ctx)
		if err != nil {
			return c.u.outboxFailed(err)
		}
		if len(row) == 0 {
			return nil
		}
		for i, e := range row {
			if _, asked := c.u.carryAsked(); asked && i > 0 {
				break // its turn comes first
			}
			f := c.turn(ctx, e)
			if ctx.Err() != nil {
				return nil
			}
			if f == nil {
				faults, moved = 0, true
				continue
			}
			if f = c.failed(ctx, e, f, &faults); f != nil {
				f.moved = moved
				return f
			}
		}
	}
	return nil
}

// failed notes a failure on e. It gives it back when it is about more than e.
func (c *carrier) failed(ctx context.Context, e outbox.Entry, f *failure, faults *int) *failure {
	for _, p := range e.Parts { // ask again, read again
		if fr := c.parts[p.Name]; fr != nil {
			fr.close()
			delete(c.parts, p.Name)
		}
	}
	if f.cause == OutboxBad {
		return f
	}
	wait := time.Duration(0)
	if f.alone() {
		if c.single[e.ID] == nil {
			c.single[e.ID] = newBackoff()
		}
		wait = max(nextWait(c.single[e.ID]), f.after)
		*faults++
	}
	box := c.u.o.Outbox
	if err := box.Apply(ctx, box.MarkSending(e.ID), box.MarkRetry(e.ID, wait, reasonOf(f.cause))); err != nil && !missed(err) {
		return c.u.outboxFailed(err)
	}
	if !f.alone() || *faults >= manyFaults {
		return f
	}
	return nil
}

// turn sends the next bytes of the parts of e, in one request. nil means that
// there was some headway.
func (c *carrier) turn(ctx context.Context, e outbox.Entry) *failure {
	for _, p := range e.Parts {
		f := c.parts[p.Name]
		if f == nil {
			f = &freight{}
			c.parts[p.Name] = f
		}
		if f.there {
			continue
		}
		if f.file == nil {
			file, err := c.u.o.Outbox.OpenPart(p)
			if errors.Is(err, outbox.ErrDamaged) {
				return c.damaged(ctx, e, err)
			}
			if err != nil {
				return c.u.outboxFailed(err)
			}
			f.file = file
		}
		if fail := c.u.push(ctx, e.ID, p, f); fail != nil || !f.there {
			return fail
		}
		f.close()
	}
	for _, p := range e.Parts {
		delete(c.parts, p.Name)
	}
	delete(c.single, e.ID)
	if err := c.u.o.Outbox.Apply(ctx, c.u.o.Outbox.MarkCarried(e.ID)); err != nil && !missed(err) {
		return c.u.outboxFailed(err)
	}
	return nil
}

// damaged sets e aside, as the disk has lost a part of it.
func (c *carrier) damaged(ctx context.Context, e outbox.Entry, err error) *failure {
	c.u.o.Log.Error("attachment damaged on disk", "id", e.ID, "err", err)
	why, mark := c.u.o.Outbox.MarkPartDamaged(e.ID)
	if err := c.u.o.Outbox.Apply(ctx, mark); err != nil && !missed(err) {
		return c.u.outboxFailed(err)
	}
	c.u.tellRefused(e.ID, why)
	return nil
}

// push does one step for a part: asks how far it is, begins it, or sends the
// next bytes.
func (u *Uplink) push(ctx context.Context, id string, p outbox.Part, f *freight) *failure {
	at := "/v1/submissions/" + id + "/parts/" + p.Name
	if !f.known {
		if f.deaf++; f.deaf > maxDeaf {
			return u.failed(&failure{cause: Faulty, err: errors.New("a part does not move")})
		}
		rsp, fail := u.tus(ctx, http.MethodHead, at, nil, 0, nil)
		if fail == nil && away(rsp) {
			rsp, fail = u.tus(ctx, http.MethodPost, "/v1/submissions/"+id+"/parts", nil, 0, map[string]string{
				"Upload-Length":   strconv.FormatInt(p.Size, 10),
				"Upload-Metadata": "name " + base64.StdEncoding.EncodeToString([]byte(p.Name)),
			})
			if fail == nil && rsp.StatusCode == http.StatusCreated {
				rsp, fail = u.tus(ctx, http.MethodHead, at, nil, 0, nil)
			}
		}
		if fail != nil {
			return fail
		}
		if rsp.StatusCode != http.StatusOK {
			return u.failed(unfit(rsp))
		}
		offset, err := strconv.ParseInt(rsp.Header.Get("Upload-Offset"), 10, 64)
		if err != nil || offset < 0 || offset > p.Size || rsp.Header.Get("Upload-Length") != strconv.FormatInt(p.Size, 10) {
			return u.failed(&failure{cause: Faulty, err: errors.New("central tells an impossible offset")})
		}
		f.known, f.offset = true, offset
		u.answered(None)
	}
	if f.offset == p.Size {
		f.there = true
		return nil
	}
	n := min(turnBytes, p.Size-f.offset)
	rsp, fail := u.tus(ctx, http.MethodPatch, at, io.NewSectionReader(f.file, f.offset, n), n, map[string]string{
		"Content-Type":  contract.TusType,
		"Upload-Offset": strconv.FormatInt(f.offset, 10),
	})
	if fail != nil {
		return fail
	}
	if away(rsp) || rsp.StatusCode == http.StatusConflict { // expired, or a break that we did not see
		f.known = false
		return nil
	}
	if rsp.StatusCode != http.StatusNoContent {
		return u.failed(unfit(rsp))
	}
	offset, err := strconv.ParseInt(rsp.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset != f.offset+n {
		return u.failed(&failure{cause: Faulty, err: errors.New("central tells an impossible offset")})
	}
	u.answered(None)
	u.tally.part(n)
	f.offset, f.deaf, f.there = offset, 0, offset == p.Size
	return nil
}

// tus does one request of tus 1.0. What it gives is central's own.
func (u *Uplink) tus(ctx context.Context, method, path string, body io.Reader, n int64, head map[string]string) (*http.Response, *failure) {
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel() // the line has read the reply whole
	r, err := http.NewRequestWithContext(limited, method, u.base+path, body)
	if err != nil {
		return nil, u.failed(err)
	}
	r.ContentLength = n
	r.Header.Set("Tus-Resumable", contract.TusVersion)
	for name, value := range head {
		r.Header.Set(name, value)
	}
	rsp, err := u.line.Do(r)
	if ctx.Err() != nil { // told to end: that says nothing about the way
		return nil, asFailure(ctx.Err())
	}
	if err != nil {
		return nil, u.failed(err)
	}
	return rsp, nil
}

// away tells whether central does not have the part, or not any more.
func away(rsp *http.Response) bool {
	return rsp.StatusCode == http.StatusNotFound || rsp.StatusCode == http.StatusGone
}

// unfit is the failure of a reply that settles nothing about a part.
func unfit(rsp *http.Response) error {
	switch {
	case rsp.StatusCode == http.StatusForbidden, rsp.StatusCode == http.StatusTooManyRequests, rsp.StatusCode >= 500:
		var p contract.Problem
		_ = json.NewDecoder(rsp.Body).Decode(&p)
		return refusedTo(rsp, &p)
	}
	return &failure{cause: Faulty, err: fmt.Errorf("status %d to a part", rsp.StatusCode)}
}

// lacking takes what somebody asked to have sent first, else those that lack
// parts and are due.
func (u *Uplink) lacking(ctx context.Context) ([]outbox.Entry, error) {
	for {
		id, asked := u.carryAsked()
		if !asked {
			return u.o.Outbox.Lacking(ctx, u.o.Now(), abreast)
		}
		e, err := u.o.Outbox.Show(ctx, id)
		if err == nil && e.Pending() && e.Lacking && !e.Due.After(u.o.Now()) {
			return []outbox.Entry{e}, nil
		}
		if err != nil && !errors.Is(err, outbox.ErrUnknown) {
			return nil, err
		}
		u.mu.Lock() // carried, or it failed
		u.firstCarry = u.firstCarry[1:]
		if err == nil && e.Pending() && !e.Lacking {
			u.first = append(u.first, id)
		}
		u.mu.Unlock()
		u.signal(u.kick)
	}
}

// carryAsked gives the one of those that lack parts that was asked for longest
// ago.
func (u *Uplink) carryAsked() (id string, asked bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.firstCarry) == 0 {
		return "", false
	}
	return u.firstCarry[0], true
}
