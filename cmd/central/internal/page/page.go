// Package page shows staff in a browser on the same machine what came in.
//
// It is plain HTML, works without scripts and must listen on loopback only:
// whoever reaches it may read everything.
package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"motcua/assets"
	"motcua/cmd/central/internal/ledger"
	"motcua/cmd/central/internal/reading"
	"motcua/kiosk/submission"
	"motcua/kiosk/text"
)

//go:embed web
var web embed.FS

// perPage is how many submissions one page of the list shows.
const perPage = 50

// auditShown is how many lines of the audit log are shown.
const auditShown = 200

// silence is how long a station may be unheard before the page says so.
const silence = 3 * time.Minute

var zone = time.FixedZone("ICT", 7*60*60)

// Page is the staff's window on the ledger.
type Page struct {
	ledger *ledger.Ledger
	room   *reading.Room
	log    *slog.Logger
	texts  *text.Catalogue
	sheets *template.Template
}

// New makes a page. It panics when its own templates or texts are broken, which a
// test rules out.
func New(l *ledger.Ledger, room *reading.Room, log *slog.Logger) *Page {
	dir, err := fs.Sub(assets.Files, "text")
	if err != nil {
		panic(err)
	}
	texts, err := text.Load(dir)
	if err != nil {
		panic(err)
	}
	p := &Page{ledger: l, room: room, log: log, texts: texts}
	p.sheets = template.Must(template.New("").Funcs(template.FuncMap{
		"at":        at,
		"state":     state,
		"assurance": assurance,
		"proof":     p.proven,
		"act":       act,
		"day":       day,
		"kib":       func(n int64) int64 { return (n + 1023) >> 10 },
		"inc":       func(n int) int { return n + 1 },
		"silent":    func(t time.Time) bool { return time.Since(t) > silence },
	}).ParseFS(web, "web/*.html"))
	return p
}

// Routes gives the page over HTTP.
func (p *Page) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /submissions/{id}", p.one)
	mux.HandleFunc("GET /submissions/{id}/attachments/{n}", p.attachment)
	mux.HandleFunc("GET /stations", p.stations)
	mux.HandleFunc("GET /audit", p.audit)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, web, "web/style.css")
	})
	return guard(mux)
}

// guard keeps other sites of the same browser out: by the name they call us and
// by what they may load.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !Loopback(r.Host) {
			http.Error(w, "this page is for this machine alone", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// Loopback tells whether address, a host with or without port, is this machine.
func Loopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// row is one line of the list.
type row struct {
	ledger.Record
	Person string // masked
}

func (p *Page) list(w http.ResponseWriter, r *http.Request) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // anything else: from the newest
	records, err := p.ledger.List(r.Context(), max(before, 0), perPage+1)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	view := struct {
		Title string
		Rows  []row
		Older int64 // 0 = there are none
	}{Title: "Hồ sơ đã nhận"}
	if len(records) > perPage {
		records = records[:perPage]
		view.Older = records[perPage-1].N
	}
	for _, record := range records {
		person, err := p.room.Glance(r.Context(), record.ID)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		view.Rows = append(view.Rows, row{record, person})
	}
	p.show(w, r, "list.html", view)
}

func (p *Page) one(w http.ResponseWriter, r *http.Request) {
	id, asJSON := strings.CutSuffix(r.PathValue("id"), ".json")
	record, doc, raw, err := p.room.Read(r.Context(), id, "page")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	defer clear(raw)
	if asJSON {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write(raw); err != nil {
			p.log.Info("page: reader went away", "id", id)
		}
		return
	}
	p.show(w, r, "one.html", struct {
		Title  string
		Record ledger.Record
		Doc    submission.Document
	}{"Hồ sơ " + record.Claim, record, doc})
}

func (p *Page) stations(w http.ResponseWriter, r *http.Request) {
	pulses, err := p.ledger.Pulses(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, "stations.html", struct {
		Title  string
		Pulses []ledger.Pulse
	}{"Các trạm", pulses})
}

func (p *Page) audit(w http.ResponseWriter, r *http.Request) {
	lines, err := p.ledger.Audit(r.Context(), auditShown)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, "audit.html", struct {
		Title string
		Lines []ledger.Line
	}{"Nhật ký kiểm soát", lines})
}

// show draws into memory first, so that a fault never leaves half a page.
func (p *Page) show(w http.ResponseWriter, r *http.Request, sheet string, view any) {
	var b bytes.Buffer
	if err := p.sheets.ExecuteTemplate(&b, sheet, view); err != nil {
		// What a template says may quote a person.
		p.fail(w, r, fmt.Errorf("template %s does not fit", sheet))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := b.WriteTo(w); err != nil {
		p.log.Info("page: reader went away", "sheet", sheet)
	}
}

func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ledger.ErrUnknown):
		http.Error(w, "Không có hồ sơ này.", http.StatusNotFound)
	case errors.Is(err, reading.ErrForgotten):
		http.Error(w, "Nội dung hồ sơ đã hết hạn lưu tại trung tâm.", http.StatusGone)
	default:
		p.log.Error("page", "path", r.Pattern, "err", err)
		http.Error(w, "Trung tâm gặp lỗi, xem nhật ký.", http.StatusInternalServerError)
	}
}

func at(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(zone).Format("15:04:05 02/01/2006")
}

// day gives a day as people here write it: 01/02/1990.
func day(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return "—"
	}
	return t.Format("02/01/2006")
}

func state(r ledger.Record) string {
	if r.Dossier != "" {
		return "Đã mở hồ sơ"
	}
	return "Đã nhận"
}

func act(a ledger.Act) string {
	switch a {
	case ledger.Refused:
		return "Từ chối"
	case ledger.Bounded:
		return "Vượt hạn mức"
	case ledger.Read:
		return "Đã xem"
	case ledger.Forgotten:
		return "Hết hạn lưu"
	}
	return string(a)
}
