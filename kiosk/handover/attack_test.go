package handover

// What was broken on purpose, and the test that fails then:
//
//   - Close leaves what is being sent alone: TestEndWhileSending
//   - any token opens the page: TestToken
//   - no bound between two contents: TestHugeHead
//   - no bound on a request's head: TestHugeHead
//   - no time for a head: TestSlowHead
//   - a turn is given back before the sending ends: TestOneAtATime
//   - no pace for a body: TestSlowBody
//   - no bound on connections: TestCrowd
//   - who left is still counted: TestDoor
//   - a file that is refused ends the form: TestRefused, TestTotal
//   - a page opens that nobody can reach: TestAddressAway
//   - the address goes along as a referrer: TestHeaders
//   - files of another question are listed: TestHandsOver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/attachment"
)

// slow sends a form whose last file never ends, and gives what is to be written
// to and the answer.
func (b *bench) slow(files ...upload) (*io.PipeWriter, chan *http.Response) {
	b.t.Helper()
	kind, body := form(b.t, append(files, upload{"last.pdf", scan(1000)})...)
	r, w := io.Pipe()
	answer := make(chan *http.Response, 1)
	req, err := http.NewRequest(http.MethodPost, b.at.URL, r)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	go func() {
		defer close(answer)
		if got, err := b.phone.Do(req); err == nil {
			answer <- got
		}
	}()
	if _, err := w.Write(body[:len(body)-600]); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = w.Close() })
	return w, answer
}

// until blocks until something holds.
func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			b.t.Fatalf("never: %s", what)
		}
	}
}

// TestSlowBody: a phone that falls behind is let go, and told why.
func TestSlowBody(t *testing.T) {
	b := begin(t, func(p *Page) { p.pace = pace{grace: 300 * time.Millisecond, rate: 1 << 20, most: time.Minute} })
	_, answer := b.slow(upload{"whole.jpg", photo(t)})
	r, ok := <-answer
	if !ok {
		t.Fatal("no answer")
	}
	_, page, _ := b.read(r)
	came, why := b.told()
	if len(came) != 1 || !slices.Equal(why, []string{tooSlow}) || !strings.Contains(page, "chậm quá") {
		t.Errorf("%d came, refused %q", len(came), why)
	}
}

// TestSlowHead: a head that dribbles is cut off, whoever it is.
func TestSlowHead(t *testing.T) {
	b := begin(t, func(p *Page) { p.head = 300 * time.Millisecond })
	at, err := url.Parse(b.at.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", at.Host, b.trust)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	began := time.Now()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-A: "); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(began.Add(20 * time.Second))
	_, err = io.ReadAll(c)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("a head may last for ever")
	}
	raw, err := net.Dial("tcp", at.Host) // not even a handshake
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	_ = raw.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(raw); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("a handshake may last for ever")
	}
}

// TestHugeHead: heads have a bound, that of the request and that of a content.
func TestHugeHead(t *testing.T) {
	b := begin(t)
	req, err := http.NewRequest(http.MethodGet, b.at.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	r, err := b.phone.Do(req)
	if err == nil {
		if code, _, _ := b.read(r); code != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a head of 64 KiB: %d", code)
		}
	}
	kind, body := form(t, upload{strings.Repeat("n", 1<<20) + ".jpg", photo(t)})
	if r, err := b.phone.Post(b.at.URL, kind, bytes.NewReader(body)); err == nil { // the page may hang up before it has all of it
		b.read(r)
	}
	b.until("it is refused", func() bool { _, why := b.told(); return len(why) > 0 })
	_, page, _ := b.get(b.at.URL)
	came, why := b.told()
	if len(came) != 0 || !slices.Equal(why, []string{cutShort}) || !strings.Contains(page, "chưa gửi trọn") {
		t.Errorf("a content's head of 1 MiB: %d came, refused %q", len(came), why)
	}
	if _, _ = b.send(upload{"a.jpg", photo(t)}); len(b.tray.List()) != 1 {
		t.Error("nothing is taken after it")
	}
}

// TestOneAtATime: a second phone waits for the first one, then hears so.
func TestOneAtATime(t *testing.T) {
	b := begin(t, func(p *Page) { p.wait = 200 * time.Millisecond })
	w, answer := b.slow()
	code, page := b.send(upload{"second.jpg", photo(t)})
	if came, _ := b.told(); code != http.StatusConflict || len(came) != 0 || !strings.Contains(page, "Một điện thoại khác đang gửi") {
		t.Errorf("beside another: %d, %d came", code, len(came))
	}
	if err := w.CloseWithError(io.ErrUnexpectedEOF); err != nil { // the phone hangs up
		t.Fatal(err)
	}
	<-answer
	b.until("the turn is free", func() bool { code, _ := b.send(upload{"second.jpg", photo(t)}); return code == http.StatusOK })
	if came, why := b.told(); len(came) != 1 || !slices.Equal(why, []string{cutShort}) {
		t.Errorf("%d came, refused %q", len(came), why)
	}
}

// TestEndWhileSending: nothing of what is being sent outlives the page.
func TestEndWhileSending(t *testing.T) {
	b := begin(t)
	_, answer := b.slow(upload{"whole.jpg", photo(t)})
	b.until("the whole one came", func() bool { came, _ := b.told(); return len(came) == 1 })
	b.page.Close()
	if err := b.tray.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case r, ok := <-answer:
		if ok {
			if code, page, _ := b.read(r); code != http.StatusNotFound || !strings.Contains(page, "không còn dùng được") {
				t.Errorf("answered %d", code)
			}
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the sending goes on")
	}
	if _, why := b.told(); len(why) != 0 {
		t.Errorf("told after the end: %q", why)
	}
	if left := b.tray.List(); len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// TestCrowd: one address gets so many lines and no more, and those that are
// given back are there for the next.
func TestCrowd(t *testing.T) {
	b := begin(t)
	at, err := url.Parse(b.at.URL)
	if err != nil {
		t.Fatal(err)
	}
	var in []*tls.Conn
	refused := 0
	for range fromOne + 4 {
		c, err := tls.Dial("tcp", at.Host, b.trust)
		if err != nil {
			refused++
			continue
		}
		in = append(in, c)
	}
	if len(in) != fromOne || refused != 4 {
		t.Errorf("%d were let in, %d not", len(in), refused)
	}
	for _, c := range in {
		_ = c.Close()
	}
	b.until("places are free again", func() bool {
		r, err := b.phone.Get(b.at.URL)
		if err != nil {
			return false
		}
		code, _, _ := b.read(r)
		return code == http.StatusOK
	})
}

// TestStrangeRequests: nothing but the page is served.
func TestStrangeRequests(t *testing.T) {
	b := begin(t)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, http.MethodTrace} {
		req, err := http.NewRequest(method, b.at.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.phone.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if code, _, _ := b.read(r); code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, code)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary="} {
		r, err := b.phone.Post(b.at.URL, kind, strings.NewReader("file=a"))
		if err != nil {
			t.Fatal(err)
		}
		if code, _, _ := b.read(r); code != http.StatusUnsupportedMediaType && code != http.StatusOK {
			t.Errorf("%q: %d", kind, code)
		}
	}
	at, err := url.Parse(b.at.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", at.Host, b.trust)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", at.Path)
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil && r.StatusCode < 400 {
		t.Errorf("a request with two lengths: %d", r.StatusCode)
	}
	if came, _ := b.told(); len(came) != 0 {
		t.Errorf("%d files came", len(came))
	}
}

// memory is a Tray that takes everything and remembers how much.
type memory struct{ took int }

func (m *memory) Take(_ context.Context, from io.Reader) (attachment.Attachment, error) {
	n, err := io.Copy(io.Discard, from)
	if err != nil {
		return attachment.Attachment{}, err
	}
	m.took++
	return attachment.Attachment{Content: attachment.Content{Size: n, Media: attachment.PNG}}, nil
}

func (m *memory) List() []attachment.Attachment { return nil }

// FuzzForm reads forms of any kind: no more contents than there may be, no more
// bytes between them, an end in any case, and no word of it on the page.
func FuzzForm(f *testing.F) {
	page := New(Options{Listen: "127.0.0.1:0", Texts: texts(f), Log: slog.New(slog.DiscardHandler)})
	const edge = "B0undary"
	for _, name := range []string{"a.jpg", "../../x", `a"b`, "a\\b", "", "=?utf-8?q?x?=", "\x00", "con.jpg", strings.Repeat("../", 900), "ảnh.jpg"} {
		f.Add([]byte("--" + edge + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\nx\r\n--" + edge + "--\r\n"))
		f.Add([]byte("--" + edge + "\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''" + url.QueryEscape(name) + "\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--" + edge + "--"))
	}
	f.Add([]byte("--" + edge + "\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n=3D\r\n--" + edge + "\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tray := &memory{}
		refused := 0
		s := newSession(Ask{Tray: tray, Coming: func() {}, Arrived: func(attachment.Attachment) {}, Refused: func(string) { refused++ }}, "token")
		defer s.end()
		b := &body{from: bytes.NewReader(raw), pace: usualPace, began: time.Now(), gap: -1, alive: func() {}, until: func(time.Time) error { return nil }}
		r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"multipart/form-data; boundary=" + edge}}, Body: io.NopCloser(b)}
		form, err := r.MultipartReader()
		if err != nil {
			t.Fatal(err)
		}
		page.takeAll(s, form, b)
		if tray.took > mostParts || tray.took+refused > mostParts+1 {
			t.Errorf("%d taken, %d refused", tray.took, refused)
		}
		if _, failed := s.shown(); tray.took == 0 && len(failed) == 0 {
			t.Error("nothing came and nothing says why")
		}
	})
}
