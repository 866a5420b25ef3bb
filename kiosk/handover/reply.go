package handover

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/attachment"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	pages   = template.Must(template.New("page").Parse(pageHTML))
)

// styleSource allows the one style that is on the page, by its digest (CSP
// Level 3, 2.3.1).
func styleSource() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// sheet is what page.html draws. Texts stand in both languages at once: whoever
// holds the phone need not be who chose a language at the station.
type sheet struct {
	Style template.CSS
	Ward  pack.Text
	Label pack.Text
	Code  string // "" = the page is closed
	Field string
	Taken []taken
	Wrong []pack.Text
	texts *text.Catalogue
}

type taken struct{ Name pack.Text }

// T gives the sentence of handover.page.KEY.
func (s sheet) T(key string) pack.Text { return both(s.texts, "handover.page."+key, nil, nil) }

func both(c *text.Catalogue, key string, vi, en text.Args) pack.Text {
	return pack.Text{VI: c.In(pack.VI, key, vi), EN: c.In(pack.EN, key, en)}
}

// answer answers every request.
func (p *Page) answer(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+p.style+
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	token, _ := strings.CutPrefix(r.URL.Path, "/")
	s := p.session(token)
	switch {
	case s == nil:
		p.hangUp(w)
		p.closed(w)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		s.coming()
		p.show(w, s, http.StatusOK)
	case r.Method == http.MethodPost:
		p.upload(w, r, s)
	default:
		h.Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// closed says that there is no such page: never was, or is no more.
func (p *Page) closed(w http.ResponseWriter) {
	p.write(w, http.StatusNotFound, sheet{})
}

// show says what was received and offers to send more; extra is the key of one
// more sentence.
func (p *Page) show(w http.ResponseWriter, s *session, status int, extra ...string) {
	out := sheet{Label: s.Label, Code: s.code, Field: fieldName}
	got, failed := s.shown()
	for i, a := range got {
		key := "handover.photo"
		if a.Media == attachment.PDF {
			key = "handover.pdf"
		}
		args := func(lang pack.Lang) text.Args {
			return text.Args{"n": strconv.Itoa(i + 1), "size": pack.Bytes(a.Size, lang)}
		}
		out.Taken = append(out.Taken, taken{both(p.Texts, key, args(pack.VI), args(pack.EN))})
	}
	for _, key := range append(failed, extra...) {
		out.Wrong = append(out.Wrong, both(p.Texts, key, nil, nil))
	}
	p.write(w, status, out)
}

// write writes a page. An answer that cannot be written is nobody's.
func (p *Page) write(w http.ResponseWriter, status int, s sheet) {
	s.Style, s.Ward, s.texts = template.CSS(pageCSS), p.Ward, p.Texts
	var b bytes.Buffer
	if err := pages.Execute(&b, s); err != nil {
		p.Log.Error("page not written", "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
