package paper

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/assets"
	"motcua/devices/receipt"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func sub(t testing.TB, dir string) fs.FS {
	t.Helper()
	f, err := fs.Sub(assets.Files, dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func press(t testing.TB) *Press {
	t.Helper()
	texts, err := text.Load(sub(t, "text"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(texts, sub(t, "fonts"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var hanoi = time.FixedZone("+07", 7*3600)

func head(lang pack.Lang) Head {
	h := Head{Lang: lang, Unit: "UBND phường Cửa Nam · Hà Nội", Office: "Điểm phục vụ hành chính công", Station: "CN-03",
		Hotline: "1900 1009", Copy: 1, Printed: time.Date(2026, 11, 21, 10, 42, 7, 0, hanoi)}
	if lang == pack.EN {
		h.Unit, h.Office = "Cửa Nam Ward · Hà Nội", "Public service point"
	}
	return h
}

func received() Receipt {
	return Receipt{Head: head(pack.VI), State: Received, Claim: "CN03-7F2K", Dossier: "H26.82-261121-0147", Secret: "K7QX",
		Procedure: "Đăng ký khai sinh", Applicant: "Nguyễn Văn Mẫu", Number: "001090999999",
		At: time.Date(2026, 11, 21, 10, 42, 0, 0, hanoi), Due: time.Date(2026, 11, 21, 17, 0, 0, 0, hanoi),
		Result: "Điện tử + tại quầy 3", Fee: "0 đ (trực tuyến)",
		Code: "https://tracuu.hanoi.gov.vn/hs?ma=H26.82-261121-0147&tc=K7QX", Home: "dichvucong.gov.vn → Khai sinh"}
}

func stored() Receipt {
	r := received()
	r.State, r.Dossier = Stored, ""
	r.Code = "https://tracuu.hanoi.gov.vn/hs?tam=CN03-7F2K&tc=K7QX"
	return r
}

func again() Receipt {
	r := received()
	r.Copy = 2
	return r
}

func english() Receipt {
	r := received()
	r.Head = head(pack.EN)
	r.Procedure, r.Result, r.Fee, r.Home = "Birth registration", "Electronic + at counter 3", "0 đ (online)", "dichvucong.gov.vn → Births"
	return r
}

func refused() Receipt {
	r := stored()
	r.State = Refused
	return r
}

func guided() Slip {
	return Slip{Head: head(pack.VI), Title: "Đăng ký thường trú", Where: "Công an phường Cửa Nam, 63 phố Hàng Bông. Thứ hai đến thứ sáu, *8:00 – 17:00*.",
		Steps:  []string{"Mở Cổng Dịch vụ công hoặc ứng dụng VNeID, chọn *Đăng ký thường trú*.", "Điền tờ khai CT01, đính kèm ảnh giấy tờ về chỗ ở.", "Công an phường trả lời trong *7 ngày làm việc*."},
		Papers: []string{"Thẻ căn cước", "Giấy tờ về chỗ ở hợp pháp", "Ý kiến đồng ý của chủ hộ, nếu về ở nhờ"},
		Link:   "https://dichvucong.bocongan.gov.vn/bocongan/bothutuc/tthc?matt=26331", Shown: "dichvucong.bocongan.gov.vn"}
}

func ticket() Ticket {
	return Ticket{Head: head(pack.VI), Number: "A027", For: "Chứng thực bản sao", Counter: "3", Ahead: 5}
}

// sheets is every piece that is kept as a golden.
func sheets(t testing.TB, p *Press) map[string]func(width int) (receipt.Slip, error) {
	r := func(r Receipt) func(int) (receipt.Slip, error) {
		return func(w int) (receipt.Slip, error) { return p.Receipt(r, w) }
	}
	return map[string]func(int) (receipt.Slip, error){
		"received": r(received()), "stored": r(stored()), "again": r(again()), "english": r(english()), "refused": r(refused()),
		"guide":  func(w int) (receipt.Slip, error) { return p.Slip(guided(), w) },
		"ticket": func(w int) (receipt.Slip, error) { return p.Ticket(ticket(), w) },
		"test":   func(w int) (receipt.Slip, error) { return p.Test(Test{Head: head(pack.VI), Model: "Epson TM-T82"}, w) },
	}
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every piece looks as it did: compared as pixels, kept as pictures.
func TestPictures(t *testing.T) {
	p := press(t)
	for name, draw := range sheets(t, p) {
		for _, width := range []int{576, 384} {
			file := filepath.Join("testdata", name+map[int]string{576: "", 384: "-58mm"}[width]+".png")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".png"), func(t *testing.T) {
				s, err := draw(width)
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(file, encodePNG(t, s.Page), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				want, err := png.Decode(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				g, ok := want.(*image.Gray)
				if !ok || g.Rect != s.Page.Rect || !bytes.Equal(g.Pix, s.Page.Pix) {
					t.Errorf("%s has changed; look at it and run with -update if it is meant", file)
				}
			})
		}
	}
}
