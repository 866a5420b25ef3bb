package handover

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"motcua/kiosk/attachment"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// bench is a page that is served, with a real tray behind it, and a phone.
type bench struct {
	t     *testing.T
	page  *Page
	dir   string // of the outbox
	tray  *attachment.Tray
	phone *http.Client
	trust *tls.Config
	at    Opened

	mu    sync.Mutex // guards what follows
	came  []attachment.Attachment
	why   []string
	signs int
}

func texts(t testing.TB) *text.Catalogue {
	t.Helper()
	c, err := text.Load(os.DirFS("../../assets/text"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// begin serves a page, set up by how before it is, and opens it.
func begin(t *testing.T, how ...func(*Page)) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	box, err := outbox.Open(t.Context(), b.dir, outbox.Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b.tray = attachment.NewTray(box, []age.Recipient{id.Recipient()})
	own, err := SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan bool, 8)
	b.page = New(Options{Listen: "127.0.0.1:0", Certificate: own, Texts: texts(t), Log: slog.New(slog.DiscardHandler),
		Ward: pack.Text{VI: "Phường Cửa Nam", EN: "Cua Nam Ward"}, Told: func(ready bool, _ error) { told <- ready }})
	for _, f := range how {
		f(b.page)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.page.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run = %v", err)
		}
	})
	if !<-told {
		t.Fatal("not served")
	}
	c, err := own(nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c.Leaf)
	b.trust = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	line := &http.Transport{TLSClientConfig: b.trust}
	t.Cleanup(line.CloseIdleConnections)
	b.phone = &http.Client{Transport: line, Timeout: 50 * time.Second}
	b.open()
	return b
}

// open opens the page, as for another question.
func (b *bench) open() {
	b.t.Helper()
	var ok bool
	b.at, ok = b.page.Open(Ask{Label: pack.Text{VI: "Ảnh giấy chứng sinh", EN: "Photo of the birth notice"}, Tray: b.tray,
		Coming:  func() { b.mu.Lock(); b.signs++; b.mu.Unlock() },
		Arrived: func(a attachment.Attachment) { b.mu.Lock(); b.came = append(b.came, a); b.mu.Unlock() },
		Refused: func(key string) { b.mu.Lock(); b.why = append(b.why, key); b.mu.Unlock() }})
	if !ok {
		b.t.Fatal("the page does not open")
	}
}

// told gives what the station heard.
func (b *bench) told() (came []attachment.Attachment, why []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append(came, b.came...), append(why, b.why...)
}

func (b *bench) get(url string) (int, string, http.Header) {
	b.t.Helper()
	r, err := b.phone.Get(url)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(r)
}

func (b *bench) read(r *http.Response) (int, string, http.Header) {
	b.t.Helper()
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.StatusCode, string(body), r.Header
}

// upload is one file as a form has it.
type upload struct {
	name    string
	content []byte
}

func form(t testing.TB, files ...upload) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range files {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", fieldName, f.name)},
			"Content-Type": {"application/octet-stream"}}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// send sends files as a browser does, and gives the page after it.
func (b *bench) send(files ...upload) (int, string) {
	b.t.Helper()
	kind, body := form(b.t, files...)
	r, err := b.phone.Post(b.at.URL, kind, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	code, page, _ := b.read(r)
	return code, page
}

// photo makes a JPEG with a mark in it that no sealed file can have.
const mark = "PLAIN-MARK-OF-THE-FIXTURE"

func photo(t testing.TB) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range 64 {
		m.Set(i, i%48, color.RGBA{uint8(i), 80, 120, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), mark...)
}

func drawing(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scan makes a PDF of a size.
func scan(size int) []byte {
	const head, tail = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "\nstartxref\n9\n%%EOF\n"
	return []byte(head + strings.Repeat(" ", size-len(head)-len(tail)) + tail)
}
