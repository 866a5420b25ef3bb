package handover

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"motcua/kiosk/attachment"
)

// Bounds of one sending.
const (
	fieldName    = "file"
	mostParts    = 40                      // of a form, whatever they are
	mostBytes    = 2 * attachment.MaxTotal // read so that a browser hears why it was too much
	partHeader   = 16 << 10                // bytes between two contents
	noFile       = "handover.page.nofile"  // nothing was chosen
	tooSlow      = "handover.page.slow"    // fell behind the pace
	cutShort     = "attach.no.broken"      // the phone hung up
	overAll      = "attach.no.much"        // more than mostBytes
	somebodyElse = "handover.page.busy"    // sends at this moment
)

// pace is how fast a phone must at least send.
type pace struct {
	grace time.Duration // at the beginning
	rate  int64         // bytes a second after that
	most  time.Duration // whatever the rate
}

// usualPace lets 20 MB come over a Wi-Fi at 256 kbit/s.
var usualPace = pace{grace: 20 * time.Second, rate: 32 << 10, most: 12 * time.Minute}

// Why a body cannot be read on.
var (
	errSlow = errors.New("too slow")
	errMuch = errors.New("too much")
	errHead = errors.New("too much between two contents")
)

// body is the body of a request, read no longer than its pace allows.
type body struct {
	from  io.Reader
	until func(time.Time) error // sets until when one read may last
	alive func()
	pace  pace
	began time.Time
	size  int64
	gap   int64 // bytes that may still come before the next content; < 0 = any number
	err   error
}

// Read reads and keeps to the pace: the more has come, the longer the rest may take.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	due := b.began.Add(min(b.pace.grace+time.Duration(b.size)*time.Second/time.Duration(b.pace.rate), b.pace.most))
	if err := b.until(due); err != nil {
		b.err = err
		return 0, err
	}
	n, err := b.from.Read(p)
	b.size += int64(n)
	if n > 0 {
		b.alive()
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF) && !time.Now().Before(due):
		b.err = errSlow
	case err != nil:
		b.err = err
	case b.size > mostBytes:
		b.err = errMuch
	case b.gap >= 0:
		if b.gap -= int64(n); b.gap < 0 {
			b.err = errHead
		}
	}
	return n, b.err
}

// upload takes in the files of one form.
func (p *Page) upload(w http.ResponseWriter, r *http.Request, s *session) {
	wait, stop := context.WithTimeout(s.ctx, p.wait)
	defer stop()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-wait.Done():
		p.hangUp(w)
		if s.ctx.Err() != nil {
			p.closed(w)
			return
		}
		p.show(w, s, http.StatusConflict, somebodyElse)
		return
	}
	line := http.NewResponseController(w)
	_ = line.SetWriteDeadline(time.Now().Add(p.pace.most + answerTime)) // the wait may have used up the usual one
	s.begins()
	b := &body{from: r.Body, pace: p.pace, began: time.Now(), gap: -1, alive: s.coming,
		until: func(t time.Time) error {
			err := line.SetReadDeadline(t)
			if s.ctx.Err() != nil { // looked at last: what ends it later sets another
				return attachment.ErrOver
			}
			return err
		}}
	defer context.AfterFunc(s.ctx, func() { _ = line.SetReadDeadline(time.Unix(1, 0)) })()
	r.Body = struct {
		io.Reader
		io.Closer
	}{b, r.Body}
	form, err := r.MultipartReader()
	if err != nil {
		p.hangUp(w)
		http.Error(w, "a form with files is expected", http.StatusUnsupportedMediaType)
		return
	}
	p.takeAll(s, form, b)
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		p.hangUp(w) // there is more to come that nobody reads
	}
	_ = line.SetWriteDeadline(time.Now().Add(answerTime))
	if s.ctx.Err() != nil {
		p.closed(w)
		return
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther) // so that to load it again sends nothing again
}

// hangUp has the connection closed after the answer.
func (p *Page) hangUp(w http.ResponseWriter) { w.Header().Set("Connection", "close") }

// takeAll takes in one content after the other. What cannot be taken is read to
// its end all the same: a browser whose sending is cut off shows no answer.
func (p *Page) takeAll(s *session, form *multipart.Reader, b *body) {
	files := 0
	for range mostParts {
		b.gap = partHeader
		part, err := form.NextPart()
		b.gap = -1
		if errors.Is(err, io.EOF) {
			if files == 0 {
				s.refused(noFile)
			}
			return
		}
		if err != nil {
			s.refused(whyBody(b))
			return
		}
		if part.FormName() != fieldName || part.FileName() == "" {
			b.gap = partHeader // no field of ours is long
			_, err = io.Copy(io.Discard, part)
		} else {
			files++
			err = p.take(s, part, b)
		}
		if err != nil {
			s.refused(whyBody(b))
			return
		}
	}
	s.refused(attachment.Key(attachment.ErrTooMany))
}

// take takes in one content. Its error is that of the way, not of the content.
func (p *Page) take(s *session, part *multipart.Part, b *body) error {
	a, err := s.Tray.Take(s.ctx, part)
	if err == nil {
		s.arrived(a)
		return nil
	}
	cut := errors.Is(err, io.ErrUnexpectedEOF) // the form ended within the content
	if cut || b.err != nil && !errors.Is(b.err, io.EOF) || s.ctx.Err() != nil {
		return err
	}
	p.Log.Info("file not taken", "reason", attachment.Key(err))
	s.refused(attachment.Key(err))
	_, err = io.Copy(io.Discard, part)
	return err
}

// whyBody gives the key of the sentence for a body that could not be read on.
func whyBody(b *body) string {
	switch {
	case errors.Is(b.err, errSlow):
		return tooSlow
	case errors.Is(b.err, errMuch):
		return overAll
	}
	return cutShort
}
