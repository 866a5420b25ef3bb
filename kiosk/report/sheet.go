package report

import (
	"fmt"
	"io"
	"io/fs"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// A4, in millimetres.
const (
	pageWide = 210.0
	pageHigh = 297.0
	margin   = 16.0
	room     = pageWide - 2*margin
	below    = pageHigh - 50 // where the signatures begin
)

type colour struct{ r, g, b int }

// The colours of the screen, on white paper.
var (
	ink        = colour{0x21, 0x1C, 0x17}
	secondInk  = colour{0x5C, 0x52, 0x48}
	line       = colour{0xE3, 0xD9, 0xC9}
	lacquer    = colour{0x8E, 0x1B, 0x1F}
	lacquerPap = colour{0xF9, 0xE9, 0xE7}
	jade       = colour{0x0B, 0x6B, 0x50}
	jadePaper  = colour{0xE3, 0xF1, 0xEC}
	amber      = colour{0x8A, 0x5A, 0x00}
	amberPaper = colour{0xFF, 0xF1, 0xD1}
	card       = colour{0xFA, 0xF6, 0xEF}
)

// Cuts of Be Vietnam Pro, as fpdf calls them.
const (
	family  = "BeVietnamPro"
	regular = ""
	bold    = "B"
	medium  = "I" // the library knows four styles; the third is lent to the medium cut
)

// sheet is one page being set. y is where the next line goes.
type sheet struct {
	*fpdf.Fpdf
	r *Report
	y float64
}

// WritePDF writes r as one page of A4 with the fonts, the folder of Be Vietnam Pro's
// cuts, embedded. What has no room on it is counted and stands in the JSON. The same
// report gives the same bytes.
func WritePDF(w io.Writer, r Report, fonts fs.FS) error {
	s := &sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), r: &r, y: margin}
	for _, cut := range []struct{ style, file string }{{regular, "Regular"}, {medium, "Medium"}, {bold, "Bold"}} {
		b, err := fs.ReadFile(fonts, "BeVietnamPro-"+cut.file+".ttf")
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		s.AddUTF8FontFromBytes(family, cut.style, b)
	}
	s.SetCatalogSort(true)
	s.SetCreationDate(r.Made)
	s.SetModificationDate(r.Made)
	s.SetTitle("Readiness report "+r.Station, true)
	s.SetAutoPageBreak(false, 0)
	s.SetMargins(0, 0, 0)
	s.SetCellMargin(0)
	s.AddPage()
	s.head()
	s.verdict()
	s.peripherals()
	s.cards()
	s.points()
	s.signatures()
	if err := s.Output(w); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// text sets one line with its baseline where a line of that size at y has it, cut
// off with an ellipsis where it is wider than wide. Size is in points.
func (s *sheet) text(x, y, wide float64, style string, size float64, c colour, words string) {
	s.SetFont(family, style, size)
	s.SetTextColor(c.r, c.g, c.b)
	if s.GetStringWidth(words) > wide {
		r := []rune(words)
		for len(r) > 0 && s.GetStringWidth(string(r)+"…") > wide {
			r = r[:len(r)-1]
		}
		words = string(r) + "…"
	}
	s.Text(x, y+size*0.3528*1.02, words)
}

// right sets one line that ends at x.
func (s *sheet) right(x, y float64, style string, size float64, c colour, words string) {
	s.SetFont(family, style, size)
	s.text(x-s.GetStringWidth(words)-0.1, y, room, style, size, c, words)
}

func (s *sheet) box(x, y, wide, high, radius float64, c colour) {
	s.SetFillColor(c.r, c.g, c.b)
	s.RoundedRect(x, y, wide, high, radius, "1234", "F")
}

func (s *sheet) rule(y float64) {
	s.SetDrawColor(line.r, line.g, line.b)
	s.SetLineWidth(0.25)
	s.Line(margin, y, pageWide-margin, y)
}

func (s *sheet) title(english, vietnamese string) {
	s.text(margin, s.y, room, bold, 10.5, ink, english)
	s.SetFont(family, bold, 10.5)
	s.text(margin+s.GetStringWidth(english)+2.5, s.y+0.4, room/2, regular, 9, secondInk, vietnamese)
	s.y += 6.2
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("02/01/2006 15:04")
}

func (s *sheet) head() {
	s.box(margin, s.y, 1.6, 19, 0.8, lacquer)
	x := margin + 5.0
	s.text(x, s.y-0.6, room, regular, 9.5, secondInk, "Readiness report · Biên bản sẵn sàng")
	s.text(x, s.y+4.2, 110, bold, 24, ink, s.r.Station)
	ward := s.r.Ward
	if ward == "" {
		ward = "Unit"
	}
	s.text(x, s.y+14.2, 120, medium, 11, ink, ward+" · "+s.r.Unit)
	edge := pageWide - margin
	s.right(edge, s.y-0.6, regular, 9.5, secondInk, "Made · Lập lúc")
	s.right(edge, s.y+5, bold, 14, ink, s.r.Made.Format("02/01/2006"))
	s.right(edge, s.y+11.6, regular, 10.5, ink, s.r.Made.Format("15:04 MST"))
	s.y += 25
}

func (s *sheet) verdict() {
	paper, c, english, vietnamese := jadePaper, jade, "Ready for citizens", "Sẵn sàng phục vụ"
	grave := 0
	for _, p := range s.r.Points {
		if p.Grave {
			grave++
		}
	}
	switch light := len(s.r.Points) - grave; {
	case !s.r.Ready:
		paper, c, english, vietnamese = lacquerPap, lacquer, "Not ready: "+count(grave, "point stands", "points stand")+" in the way", "Chưa sẵn sàng"
	case light > 0:
		paper, c, english, vietnamese = amberPaper, amber, "Ready, with "+count(light, "point", "points")+" to see to", "Sẵn sàng, còn việc cần xem"
	}
	s.box(margin, s.y, room, 15, 3, paper)
	s.box(margin+5, s.y+5, 5, 5, 2.5, c)
	s.text(margin+14, s.y+4.3, room-70, bold, 16, c, english)
	s.right(pageWide-margin-5, s.y+5.2, medium, 11, c, vietnamese)
	s.y += 21
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
