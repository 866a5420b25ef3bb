package paper

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/devices/receipt/escpos"
	"motcua/kiosk/pack"
)

// crowded is a receipt with everything as long as it comes.
func crowded(lang pack.Lang) Receipt {
	r := received()
	r.Head = head(lang)
	r.Copy = 12
	r.Unit = "UBND xã Phúc Thọ Đường Lâm Xuân Phương · thành phố Hà Nội"
	r.Office = "Trung tâm Phục vụ hành chính công, điểm tiếp nhận số 126"
	r.Station = "PHUC-THO-DUONG-LAM-0126"
	r.Procedure = "Cấp giấy xác nhận tình trạng hôn nhân có yếu tố nước ngoài tại khu vực biên giới, kết hợp đăng ký lại khai sinh cho người đã có hồ sơ, giấy tờ cá nhân"
	r.Applicant = "Công Tằng Tôn Nữ Nguyễn Hoàng Phương Khuê Ngạn Ễnh"
	r.Dossier = "H26.82-261121-0147-0000-9999-ABCDEFGH"
	r.Result = "Nhận bản điện tử qua Cổng Dịch vụ công quốc gia và bản giấy tại quầy số 3, tầng 2, nhà B"
	r.Fee = "1.234.567 đ (8 bản × 2.000 đ, chứng thực từ trang thứ ba 1.000 đ/trang)"
	r.Home = "https://dichvucong.gov.vn/p/home/dvc-tthc-thu-tuc-hanh-chinh-chi-tiet.html?ma_thu_tuc=1.001193 → Khai sinh"
	r.Code = "https://tracuu.hanoi.gov.vn/" + strings.Repeat("x", 90)
	return r
}

// Nothing is clipped, nothing stands on anything else, whatever is printed.
func TestFits(t *testing.T) {
	p := press(t)
	long := guided()
	long.Title, long.Shown = crowded(pack.VI).Procedure, crowded(pack.VI).Home
	long.Steps = append(long.Steps, crowded(pack.VI).Procedure, "Ễ Ổ Ữ Ậ ẵ ợ Ẫ Ỗ")
	pieces := map[string]func(*setting) error{
		"crowded":         func(s *setting) error { return s.receipt(crowded(pack.VI)) },
		"crowded english": func(s *setting) error { return s.receipt(crowded(pack.EN)) },
		"received":        func(s *setting) error { return s.receipt(received()) },
		"stored":          func(s *setting) error { return s.receipt(stored()) },
		"refused":         func(s *setting) error { return s.receipt(refused()) },
		"english":         func(s *setting) error { return s.receipt(english()) },
		"empty":           func(s *setting) error { return s.receipt(Receipt{}) },
		"guide":           func(s *setting) error { return s.guide(guided()) },
		"long guide":      func(s *setting) error { return s.guide(long) },
		"ticket":          func(s *setting) error { s.ticket(ticket()); return nil },
		"test":            func(s *setting) error { return s.test(Test{Head: head(pack.EN), Model: "Epson TM-T82"}) },
	}
	for name, set := range pieces {
		for _, width := range []int{384, 512, 576} {
			for _, lang := range []pack.Lang{pack.VI, pack.EN} {
				s, err := p.compose(head(lang), width)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(name, "crowded") {
					s.head = crowded(lang).Head
				}
				if err := set(s); err != nil {
					t.Fatalf("%s, %d, %s: %v", name, width, lang, err)
				}
				for _, fault := range faults(s.sheet) {
					t.Errorf("%s, %d dots, %s: %s", name, width, lang, fault)
				}
			}
		}
	}
}

// faults lists what is clipped or overlaps.
func faults(s *sheet) (all []string) {
	page := image.Rect(0, 0, s.width, s.y)
	within := image.Rect(s.margin-2, 0, s.width-s.margin+2, s.y) // letters overhang by a dot
	for i, b := range s.boxes {
		switch {
		case !b.ink.In(b.room.Inset(-b.room.Dy() / 10)): // marks on marks may reach out a little
			all = append(all, b.what+": ink "+b.ink.String()+" leaves its line "+b.room.String())
		case b.what == "qr" || b.what == "ruler":
			if !b.room.In(page) {
				all = append(all, b.what+" leaves the paper")
			}
		case !b.ink.In(within):
			all = append(all, b.what+": ink "+b.ink.String()+" leaves the margins")
		}
		for _, c := range s.boxes[i+1:] {
			if b.what == "frame" || c.what == "frame" {
				continue
			}
			if b.ink.Overlaps(c.ink) {
				all = append(all, b.what+" "+b.ink.String()+" and "+c.what+" "+c.ink.String()+" overlap")
			}
		}
	}
	return all
}

// The test above can fail: a sheet with a fault made on purpose has it found.
func TestFaultsAreFound(t *testing.T) {
	p := press(t)
	s, err := p.compose(head(pack.VI), 576)
	if err != nil {
		t.Fatal(err)
	}
	s.centred("first", "ỄỄỄ", cut{bold, 40})
	s.y -= 30
	s.centred("second", "ỄỄỄ", cut{bold, 40})
	if len(faults(s.sheet)) == 0 {
		t.Error("two lines on each other are not found")
	}
	s.boxes = nil
	s.text(cut{bold, 40}, strings.Repeat("W", 40), 0, s.y, 0)
	s.boxes = append(s.boxes, box{"wide", image.Rect(0, s.y, 576, s.y+54), s.text(cut{bold, 40}, strings.Repeat("W", 40), 0, s.y, 0)})
	if len(faults(s.sheet)) == 0 {
		t.Error("a line past the edge is not found")
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []word
	}{
		{"", nil},
		{"Hỏi đáp: *1900 1009*", []word{{"Hỏi", false, false}, {"đáp:", false, false}, {"1900", true, false}, {"1009", true, false}}},
		{"chọn *Đăng ký*.", []word{{"chọn", false, false}, {"Đăng", true, false}, {"ký", true, false}, {".", false, true}}},
		{"21\u00a0Nov 2026", []word{{"21\u00a0Nov", false, false}, {"2026", false, false}}},
		{"*a*", []word{{"a", true, false}}},
	} {
		if d := cmp.Diff(c.want, words(c.in), cmp.AllowUnexported(word{})); d != "" {
			t.Errorf("words(%q): want -, got +\n%s", c.in, d)
		}
	}
}

func TestWrapKeepsWordsWhole(t *testing.T) {
	p := press(t)
	c := cut{regular, 26}
	in := "Cấp bản sao trích lục hộ tịch, bản sao giấy khai sinh cho công dân Việt Nam"
	for wide := 120; wide < 600; wide += 7 {
		var back []string
		for _, l := range p.letters.wrap(words(in), c, c, wide) {
			if l.long > wide {
				t.Fatalf("a line of %d dots in %d", l.long, wide)
			}
			for _, w := range l.words {
				back = append(back, w.text)
			}
		}
		if got := strings.Join(back, " "); got != in {
			t.Fatalf("wrapped at %d: %q", wide, got)
		}
	}
}

func TestShortName(t *testing.T) {
	for in, want := range map[string]string{
		"Nguyễn Văn Mẫu": "Nguyễn Văn M.", "Mẫu": "M.", "": "", "Trần Thị Ớt": "Trần Thị Ớ.",
		"Nguyễn Văn M.": "Nguyễn Văn M.", "Le\u0302 E\u0302ng": "Le\u0302 Ê.",
	} {
		if got := shortName(in); got != want {
			t.Errorf("shortName(%q) = %q, want %q", in, got, want)
		}
	}
}

// Every character that is printed has a shape in the typeface.
func TestTypefaceHasEveryCharacter(t *testing.T) {
	p := press(t)
	all := "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ0123456789•·→–\u00a0.,:;()+-/₫đ%×"
	for _, k := range p.texts.Keys() {
		if strings.HasPrefix(k, "paper.") {
			all += p.texts.In(pack.VI, k, nil) + p.texts.In(pack.EN, k, nil)
		}
	}
	for _, r := range all + strings.ToUpper(all) {
		if r == '→' || r == '\n' || r == '₫' && !hasGlyph(t, p, '₫') {
			continue // drawn here; the sign for đồng is never used, "đ" is
		}
		if !hasGlyph(t, p, r) {
			t.Errorf("no shape for %q", r)
		}
	}
}

func hasGlyph(t *testing.T, p *Press, r rune) bool {
	t.Helper()
	for _, f := range p.letters.fonts {
		if i, err := f.GlyphIndex(nil, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}

// A receipt shows neither the whole number nor the given name: two that differ
// only in what must not be seen are the same on paper.
func TestNothingPersonalInFull(t *testing.T) {
	p := press(t)
	a, b := received(), received()
	a.Number, b.Number = "001090999999", "036185129999"
	a.Applicant, b.Applicant = "Nguyễn Văn Mẫu", "Nguyễn Văn Minh"
	one, err := p.Receipt(a, 576)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Receipt(b, 576)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Page.Pix, two.Page.Pix) {
		t.Error("the paper tells two persons apart by what it must not show")
	}
	b.Number = "036185121111"
	if two, err = p.Receipt(b, 576); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(one.Page.Pix, two.Page.Pix) {
		t.Error("the last four digits are not on the paper")
	}
}

// The bytes of a whole receipt, as they go to the unit.
func TestBytesGolden(t *testing.T) {
	p := press(t)
	profile, err := escpos.Model("epson-tm-t82")
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Receipt(received(), profile.Width)
	if err != nil {
		t.Fatal(err)
	}
	got, err := escpos.Encode(profile, s)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "received.golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes differ from %s; run with -update if that is meant", len(got), file)
	}
}

// What is sent is at most 40 % of the bitmap.
func TestBytesSent(t *testing.T) {
	p := press(t)
	for _, c := range []struct{ profile string }{{"epson-tm-t82"}, {"xprinter-n160"}, {"generic-58"}} {
		profile, err := escpos.Model(c.profile)
		if err != nil {
			t.Fatal(err)
		}
		for name, draw := range sheets(t, p) {
			s, err := draw(profile.Width)
			if err != nil {
				t.Fatal(err)
			}
			b, err := escpos.Encode(profile, s)
			if err != nil {
				t.Fatal(err)
			}
			full := s.Page.Rect.Dy() * profile.Width / 8
			share := 100 * len(b) / full
			t.Logf("%s, %s: %d of %d bytes, %d %%, %.0f mm", c.profile, name, len(b), full, share, float64(s.Page.Rect.Dy())/8)
			if share > 40 && profile.Margin {
				t.Errorf("%s, %s: %d %% of the bitmap", c.profile, name, share)
			}
		}
	}
}

// An independent reader reads the QR code off the drawn page.
func TestCodeReads(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed (zbar-tools)")
	}
	p := press(t)
	for _, width := range []int{384, 576} {
		for _, r := range []Receipt{received(), stored(), crowded(pack.VI), {Code: "Hồ sơ số một, phường Cửa Nam"}} {
			s, err := p.Receipt(r, width)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "page.png")
			if err := os.WriteFile(file, encodePNG(t, s.Page), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(zbar, "--quiet", "--raw", file).Output()
			if err != nil {
				t.Fatalf("zbarimg: %v", err)
			}
			if got := strings.TrimSuffix(string(out), "\n"); got != r.Code {
				t.Errorf("%d dots: read %q, want %q", width, got, r.Code)
			}
		}
	}
}

func TestReceiptPrintsRedacted(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, received()); strings.Contains(got, "Mẫu") || strings.Contains(got, "9999") {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func TestRefusesWrongPaper(t *testing.T) {
	p := press(t)
	if _, err := p.Receipt(received(), 100); err == nil {
		t.Error("a roll of 100 dots is not refused")
	}
	r := received()
	r.Code = strings.Repeat("mã ", 900)
	if _, err := p.Receipt(r, 384); err == nil {
		t.Error("a code that does not fit is not refused")
	}
}

// A receipt of 200 mm is drawn in at most 25 ms.
func BenchmarkReceipt(b *testing.B) {
	p := press(b)
	r := crowded(pack.VI)
	var rows int
	for b.Loop() {
		s, err := p.Receipt(r, 576)
		if err != nil {
			b.Fatal(err)
		}
		rows = s.Page.Rect.Dy()
	}
	b.ReportMetric(float64(rows)/8, "mm")
}

// The same with nothing drawn before: the first receipt after switching on.
func BenchmarkFirstReceipt(b *testing.B) {
	for b.Loop() {
		p := press(b)
		if _, err := p.Receipt(received(), 576); err != nil {
			b.Fatal(err)
		}
	}
}
