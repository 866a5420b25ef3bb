package page

import (
	"fmt"
	"io"
	"net/http"
	"strconv"

	"motcua/cmd/central/internal/ledger"
)

// endings are those of the media types that stations take in.
var endings = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf"}

// attachment gives one attachment, unsealed on the way, for saving: the browser
// that shows this page never shows a stranger's file.
func (p *Page) attachment(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		p.fail(w, r, ledger.ErrUnknown)
		return
	}
	record, a, plain, err := p.room.Attachment(r.Context(), r.PathValue("id"), n-1, "page")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	defer plain.Close()
	h := w.Header()
	media, ending := a.Media, endings[a.Media]
	if ending == "" {
		media, ending = "application/octet-stream", ".bin"
	}
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", record.Claim+"-"+strconv.Itoa(n)+ending))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if _, err := io.Copy(w, plain); err != nil {
		p.log.Info("page: attachment not given whole", "id", record.ID, "n", n)
	}
}
