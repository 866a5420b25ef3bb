package desk

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"

	"motcua/cmd/workbench/cable"
)

//go:embed page.html
var pageHTML string

//go:embed static
var files embed.FS

// static serves the style and the script of the page.
func static() http.Handler { return http.FileServerFS(files) }

// choice is one button of a row on the page.
type choice struct{ Value, Title string }

// page shows the desk and its hands.
func (d *Desk) page(w http.ResponseWriter, r *http.Request) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Cards":  Cards(time.Now()),
		"Chips":  Chips(),
		"Papers": []choice{{string(Full), "Full roll"}, {string(NearEnd), "Near its end"}, {string(Out), "Out"}},
		"Cables": []choice{
			{string(cable.Pass), "Connected"}, {string(cable.Cut), "Cut"}, {string(cable.Hole), "Black hole"},
			{string(cable.Slow), "Slow"}, {string(cable.Dumb), "Captive portal"}, {string(cable.Lose), "Replies lost"},
		},
		"State": d.State(r.Context()),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // who asked may have gone
}
