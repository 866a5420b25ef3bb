package station_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk/handover"
	"motcua/kiosk/pack"
	"motcua/kiosk/station"
	"motcua/kiosk/text"
	"motcua/kiosk/visit"
)

// phone is a phone in the ward's Wi-Fi that knows the station's certificate.
type phone struct {
	*http.Client
	h *hall
}

// openWithPhones puts a station on that takes files.
func openWithPhones(t *testing.T) (*hall, *phone) {
	t.Helper()
	own, err := handover.SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := own(nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c.Leaf)
	line := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	var page *handover.Page
	h := openWith(t, -1, nil, func(h *hall, p *station.Parts) {
		texts := must[*text.Catalogue](t)(text.Load(assetDir(t, "text")))
		page = handover.New(handover.Options{Listen: "127.0.0.1:0", Certificate: own, Texts: texts, Log: slog.New(slog.DiscardHandler),
			Ward: pack.Text{VI: p.Unit.Name, EN: p.Unit.EN}, Told: func(ready bool, err error) { h.s.PhonesTold(ready, err) }})
		p.Phones = &station.Phones{Page: page, Wifi: "Phuong-Mau", Warns: true}
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- page.Run(ctx) }()
	t.Cleanup(func() {
		line.CloseIdleConnections()
		stop()
		<-ended
	})
	return h, &phone{&http.Client{Transport: line}, h}
}

// notice is birth, and waits for the page for the phone.
func (h *hall) notice() visit.View {
	h.t.Helper()
	h.birth()
	return h.until("the code for the phone", func(v visit.View) bool { return link(v) != "" })
}

// link is what the QR code on a view says.
func link(v visit.View) string {
	for _, b := range v.Blocks {
		if q, ok := b.(visit.QR); ok {
			return q.Text
		}
	}
	return ""
}

// listed counts the files on a view.
func listed(v visit.View) (n int) {
	for _, b := range v.Blocks {
		if r, ok := b.(visit.Rows); ok && v.Screen == "question" {
			n += len(r.Items)
		}
	}
	return n
}

// send sends photos to a page and gives the code of the answer.
func (p *phone) send(url string, photos int) int {
	p.h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := range photos {
		part, err := w.CreateFormFile("file", fmt.Sprintf("nguyen-van-mau-%d.jpg", i))
		if err == nil {
			err = jpeg.Encode(part, image.NewGray(image.Rect(0, 0, 40+i, 30)), nil)
		}
		if err != nil {
			p.h.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		p.h.t.Fatal(err)
	}
	r, err := p.Post(url, w.FormDataContentType(), &b)
	if err != nil {
		p.h.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		p.h.t.Fatal(err)
	}
	return r.StatusCode
}

// parts counts the sealed files on the disk.
func (h *hall) parts() int {
	h.t.Helper()
	all, err := os.ReadDir(filepath.Join(h.dir, "outbox", "parts"))
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all)
}

// TestPhone: what a phone sends is on the screen, goes with the submission, and
// nothing else of it stays.
func TestPhone(t *testing.T) {
	h, p := openWithPhones(t)
	url := link(h.notice())
	if got := p.send(url, 3); got != http.StatusOK {
		t.Fatalf("sent: %d", got)
	}
	h.until("three files", func(v visit.View) bool { return listed(v) == 3 })
	h.touch("file:2", "remove")
	h.until("two files", func(v visit.View) bool { return listed(v) == 2 && v.Over == nil })
	h.touch("next")
	h.answers(nil)
	if got := p.send(url, 1); got != http.StatusNotFound {
		t.Errorf("after its question the page answers %d", got)
	}
	h.touch("consent")
	h.until("the tick", ticked)
	h.touch("submit")
	h.at(visit.AtDone)
	kept := h.list()
	if len(kept) != 1 || len(kept[0].Parts) != 2 {
		t.Fatalf("outbox holds %d submissions", len(kept))
	}
	h.touch("finish", "finish")
	h.at(visit.AtAttract)
	h.settles("only what was submitted is kept", func() bool { return h.parts() == 2 })
	if strings.Contains(h.log.String(), "nguyen-van-mau") || strings.Contains(h.log.String(), strings.TrimPrefix(url, "https://")) {
		t.Error("the log names a file or the page")
	}
}

// TestPhoneWiped: a visit that ends takes its files and its page along.
func TestPhoneWiped(t *testing.T) {
	h, p := openWithPhones(t)
	url := link(h.notice())
	if got := p.send(url, 2); got != http.StatusOK || h.parts() != 2 {
		t.Fatalf("sent: %d, %d parts", got, h.parts())
	}
	h.touch("end", "leave")
	h.at(visit.AtAttract)
	if got := p.send(url, 1); got != http.StatusNotFound {
		t.Errorf("after the visit the page answers %d", got)
	}
	h.settles("nothing is left", func() bool { return h.parts() == 0 })
	if next := link(h.notice()); next == url {
		t.Error("the next visitor has the same page")
	}
	if n := listed(h.until("the page of the next one", func(v visit.View) bool { return link(v) != "" })); n != 0 {
		t.Errorf("the next visitor sees %d files", n)
	}
}
