package handover

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/attachment"
)

// TestHandsOver is a phone that sends two files, and sees what came.
func TestHandsOver(t *testing.T) {
	b := begin(t)
	code, page, _ := b.get(b.at.URL)
	for _, want := range []string{"Ảnh giấy chứng sinh", "Photo of the birth notice", "Phường Cửa Nam", b.at.Code, "Máy chưa nhận tệp nào"} {
		if code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d: the page lacks %q", code, want)
		}
	}
	if strings.Index(page, "Gửi tới máy") > strings.Index(page, "Send to the station") {
		t.Error("English comes first")
	}
	code, page = b.send(upload{"IMG_0001.jpg", photo(t)}, upload{"", nil}, upload{"scan.pdf", scan(1_500_000)})
	came, why := b.told()
	if code != http.StatusOK || len(came) != 2 || len(why) != 0 {
		t.Fatalf("%d: %d came, refused %q", code, len(came), why)
	}
	if came[0].Media != attachment.JPEG || came[1].Media != attachment.PDF || came[1].Size != 1_500_000 {
		t.Errorf("came as %v and %v", came[0].Media, came[1].Media)
	}
	for _, want := range []string{"Máy đã nhận", "Ảnh 1 · 1 KB", "Photo 1 · 1 KB", "Tệp PDF 2 · 1,4 MB", "PDF file 2 · 1.4 MB"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if b.signs == 0 {
		t.Error("no sign of life was told")
	}
	if err := b.tray.Drop(t.Context(), came[0].ID()); err != nil { // taken back at the station
		t.Fatal(err)
	}
	if _, page, _ = b.get(b.at.URL); strings.Contains(page, "1 KB") || !strings.Contains(page, "Tệp PDF 1 ·") {
		t.Error("the page lists what was taken back")
	}
	b.open() // the next question of the same visit
	if _, page, _ = b.get(b.at.URL); !strings.Contains(page, "Máy chưa nhận tệp nào") || strings.Contains(page, "MB ·") {
		t.Error("the page lists what answers another question")
	}
}

// TestNothingPlainOnDisk reads every byte below the outbox.
func TestNothingPlainOnDisk(t *testing.T) {
	b := begin(t)
	names := []string{"../../../../tmp/planted.jpg", `..\..\planted.jpg`, "/etc/planted.jpg", "planted\x00.jpg", "nguyen-van-mau.jpg", strings.Repeat("a", 300)}
	for _, n := range names {
		b.send(upload{n, photo(t)})
	}
	came, why := b.told()
	if len(came) != len(names) {
		t.Fatalf("%d came, refused %q", len(came), why)
	}
	files := 0
	err := filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v", d.Name(), info.Mode())
		}
		body, err := os.ReadFile(path)
		for _, plain := range []string{mark, "planted", "nguyen-van-mau", "JFIF", "IMG"} {
			if bytes.Contains(body, []byte(plain)) || strings.Contains(path, "planted") {
				t.Errorf("%s holds %q", d.Name(), plain)
			}
		}
		return err
	})
	if err != nil || files < len(names) {
		t.Fatalf("%d files, %v", files, err)
	}
	if _, err := os.Stat("/tmp/planted.jpg"); err == nil {
		t.Error("a name led out of the folder")
	}
	if err := b.tray.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, "parts", "*")); len(left) != 0 {
		t.Errorf("%d parts are left after the visit", len(left))
	}
}

// TestToken: without the token of the page that is open there is nothing, and
// one answer for every other.
func TestToken(t *testing.T) {
	b := begin(t)
	root := b.at.URL[:strings.LastIndex(b.at.URL, "/")+1]
	token := strings.TrimPrefix(b.at.URL, root)
	if len(token) < 26 || !regexp.MustCompile(`^[A-Z2-7]+$`).MatchString(token) {
		t.Errorf("a token of %d signs is below 128 bits", len(token))
	}
	before := b.at
	var closed string
	check := func(what, url string) {
		t.Helper()
		code, page, _ := b.get(url)
		if closed == "" {
			closed = page
		}
		if code != http.StatusNotFound || page != closed || !strings.Contains(page, "không còn dùng được") {
			t.Errorf("%s: %d", what, code)
		}
		kind, body := form(t, upload{"a.jpg", photo(t)})
		r, err := b.phone.Post(url, kind, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, page, _ := b.read(r); code != http.StatusNotFound || page != closed {
			t.Errorf("%s, sent to: %d", what, code)
		}
	}
	for _, wrong := range []string{"", strings.ToLower(token), token[:25], token + "A", token + "/", "x/" + token, "favicon.ico", "%2e%2e/" + token,
		strings.Repeat("A", len(token))} {
		check(wrong, root+wrong)
	}
	b.open()
	if b.at.URL == before.URL {
		t.Fatal("the same token again")
	}
	check("of the question before", before.URL)
	b.page.Close()
	check("of the visit before", b.at.URL)
	if came, _ := b.told(); len(came) != 0 {
		t.Errorf("%d files came", len(came))
	}
}

// TestHeaders: nothing is kept by a phone, nothing comes from elsewhere.
func TestHeaders(t *testing.T) {
	b := begin(t)
	_, page, h := b.get(b.at.URL)
	want := map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src " + styleSource() + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}
	for name, value := range want {
		if diff := cmp.Diff(value, h.Get(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if bad := regexp.MustCompile(`(?i)https?:|<script|src=|href=|url\(|@import| on[a-z]+=`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	if !strings.Contains(page, "<style>"+pageCSS+"</style>") {
		t.Error("the style is not the one whose digest is allowed")
	}
	for _, in := range []string{`accept="image/*" capture="environment"`, `accept="image/jpeg,image/png,application/pdf" multiple`} {
		if !strings.Contains(page, in) {
			t.Errorf("no input with %s", in)
		}
	}
}

// TestRefused: what cannot be taken is said, and the others are taken.
func TestRefused(t *testing.T) {
	b := begin(t)
	zip := append([]byte("PK\x03\x04"), bytes.Repeat([]byte{1}, 300_000)...)
	cut := photo(t)[:40]
	code, page := b.send(upload{"birth.jpg", zip}, upload{"a.pdf", []byte("<html><script>alert(1)</script>")}, upload{"b.png", drawing(t)},
		upload{"c.jpg", cut}, upload{"d.jpg", nil}, upload{"e.pdf", scan(attachment.MaxSize + 1)})
	came, why := b.told()
	if code != http.StatusOK || len(came) != 1 || came[0].Media != attachment.PNG {
		t.Errorf("%d: %d came", code, len(came))
	}
	slices.Sort(why)
	if len(why) != 5 {
		t.Errorf("%d refused, want 5", len(why))
	}
	kinds := slices.Compact(slices.Clone(why))
	if diff := cmp.Diff([]string{"attach.no.broken", "attach.no.empty", "attach.no.kind", "attach.no.large"}, kinds); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, key := range kinds {
		if !strings.Contains(page, both(b.page.Texts, key, nil, nil).VI) {
			t.Errorf("the page does not say %s", key)
		}
	}
	code, page = b.send()
	if came, why := b.told(); code != http.StatusOK || len(came) != 1 || len(why) != 5 || !strings.Contains(page, "Chưa có tệp nào được chọn") {
		t.Errorf("an empty form: %d, %d came, refused %q", code, len(came), why)
	}
}

// TestTotal sends 61 MB: what goes beyond 60 is refused, whatever comes first.
func TestTotal(t *testing.T) {
	b := begin(t)
	_, page := b.send(upload{"1.pdf", scan(20 << 20)}, upload{"2.pdf", scan(20 << 20)}, upload{"3.pdf", scan(19 << 20)},
		upload{"4.pdf", scan(2 << 20)}, upload{"5.jpg", photo(t)})
	came, why := b.told()
	if len(came) != 4 || !slices.Equal(why, []string{"attach.no.much"}) || !strings.Contains(page, "lớn hơn 60 MB") {
		t.Fatalf("%d came, refused %q", len(came), why)
	}
	var all int64
	for _, a := range b.tray.List() {
		all += a.Size
	}
	if all > attachment.MaxTotal {
		t.Errorf("%d bytes were taken", all)
	}
}

// TestTooManyParts: a form of very many contents is not gone through to its end.
func TestTooManyParts(t *testing.T) {
	b := begin(t)
	var files []upload
	for range 3 * mostParts {
		files = append(files, upload{"a.png", drawing(t)})
	}
	_, page := b.send(files...)
	came, why := b.told()
	if len(came) != attachment.MaxFiles || !slices.Contains(why, "attach.no.many") || !strings.Contains(page, "tối đa 12 tệp") {
		t.Errorf("%d came, refused %d times", len(came), len(why))
	}
	if len(why) > mostParts {
		t.Errorf("went through %d contents", len(why)+len(came))
	}
}
