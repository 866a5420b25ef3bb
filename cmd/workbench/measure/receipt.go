package measure

import (
	"fmt"
	"io/fs"
	"time"

	"motcua/assets"
	"motcua/devices/receipt/escpos"
	"motcua/kiosk/pack"
	"motcua/kiosk/paper"
	"motcua/kiosk/text"
)

// Bars of the receipt: milliseconds to draw 200 mm of it and make the printer's
// bytes, and the share of the bitmap's bytes that is sent.
const (
	drawing = 25
	share   = 40
	long    = 200
	drawn   = 31 // how often it is drawn; the median counts
)

// Receipt measures how long a receipt takes to draw and encode, by 200 mm of
// paper, and what part of the bare bitmap is sent to the printer.
func Receipt() ([]Row, error) {
	words, err := fs.Sub(assets.Files, "text")
	if err != nil {
		return nil, err
	}
	texts, err := text.Load(words)
	if err != nil {
		return nil, err
	}
	fonts, err := fs.Sub(assets.Files, "fonts")
	if err != nil {
		return nil, err
	}
	press, err := paper.New(texts, fonts)
	if err != nil {
		return nil, err
	}
	profile, err := escpos.Model("epson-tm-t82")
	if err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 21, 10, 42, 0, 0, time.UTC)
	r := paper.Receipt{Head: paper.Head{Lang: pack.VI, Unit: "UBND phường Cửa Nam · Hà Nội", Office: "Điểm phục vụ hành chính công",
		Station: "CN-03", Hotline: "1900 1009", Copy: 1, Printed: at},
		State: paper.Received, Claim: "CN03-7F2K", Dossier: "H26.82-261121-0147", Secret: "K7QX", Procedure: "Đăng ký khai sinh",
		Applicant: "Nguyễn Văn Mẫu", Number: "001090999999", At: at, Due: at.AddDate(0, 0, 3), Result: "Điện tử + tại quầy 3",
		Fee: "0 đ (trực tuyến)", Code: "https://tracuu.hanoi.gov.vn/hs?ma=H26.82-261121-0147&tc=K7QX", Home: "dichvucong.gov.vn → Khai sinh"}
	var took []time.Duration
	var sent, whole, rows int
	for range drawn {
		began := time.Now()
		slip, err := press.Receipt(r, profile.Width)
		if err != nil {
			return nil, err
		}
		b, err := escpos.Encode(profile, slip)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		rows = slip.Page.Rect.Dy()
		sent, whole = len(b), rows*profile.Width/8
	}
	mm := float64(rows) / 8
	if mm < long/2 {
		return nil, fmt.Errorf("measure the receipt: it is %.0f mm long", mm)
	}
	return []Row{
		over("receipt drawn and encoded, by 200 mm", ms(median(took))*long/mm, "ms", drawing),
		over("receipt sent, of the full bitmap", 100*float64(sent)/float64(whole), "%", share),
	}, nil
}
