package text

import (
	"strings"
	"testing"
	"testing/fstest"

	"motcua/kiosk/pack"
)

func load(t *testing.T, files map[string]string) (*Catalogue, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, body := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return Load(fsys)
}

func TestLoad(t *testing.T) {
	c, err := load(t, map[string]string{"a.yaml": `
home.title: {vi: "Chào {name}", en: "Hello {name}"}
idle.say: {vi: "Còn {seconds} giây", en: "{seconds} seconds left", say: true}
hotline: {vi: "1900", en: "1900", say: {vi: "một chín không không", en: "one nine hundred"}}
`})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.In(pack.VI, "home.title", Args{"name": "Quý vị"}); got != "Chào Quý vị" {
		t.Errorf("In: %q", got)
	}
	if got := c.In(pack.EN, "home.title", nil); got != "Hello {name}" {
		t.Errorf("In without args: %q", got)
	}
	for _, tc := range []struct {
		key  string
		lang pack.Lang
		want string
		ok   bool
	}{
		{"home.title", pack.VI, "", false},
		{"idle.say", pack.EN, "{seconds} seconds left", true},
		{"hotline", pack.VI, "một chín không không", true},
		{"nothing", pack.VI, "", false},
	} {
		if got, ok := c.Spoken(tc.lang, tc.key); got != tc.want || ok != tc.ok {
			t.Errorf("Spoken(%s, %s) = %q, %v; want %q, %v", tc.lang, tc.key, got, ok, tc.want, tc.ok)
		}
	}
}

// TestFaults checks that all faults are told at once.
func TestFaults(t *testing.T) {
	_, err := load(t, map[string]string{
		"a.yaml": "one: {vi: \"Một\"}\ntwo: {vi: \"Hai {n}\", en: \"Two\"}\n",
		"b.yaml": "one: {vi: \"Một\", en: \"One\"}\n",
	})
	if err == nil {
		t.Fatal("Load: no fault found")
	}
	for _, want := range []string{`"one" needs vi and en`, `"two": vi has {{n}}, en has {}`, `"one" stands in another file too`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Load: %q is not among:\n%v", want, err)
		}
	}
}

func TestUnknownFieldIsAFault(t *testing.T) {
	if _, err := load(t, map[string]string{"a.yaml": "one: {vi: \"Một\", en: \"One\", fr: \"Un\"}\n"}); err == nil {
		t.Error("Load took a field that is none")
	}
}

func TestWithPack(t *testing.T) {
	c, err := load(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := pack.Question{ID: "name", Label: pack.Text{VI: "Tên?", EN: "Name?"}, Help: pack.Text{VI: "Viết đủ.", EN: "In full."}}
	pages := pack.Question{ID: "pages", Label: pack.Text{VI: "Mấy trang?", EN: "How many pages?"}, Help: pack.Text{VI: "Từ 1 đến 500.", EN: "1 to 500."}}
	form := pack.Question{ID: "form", Label: pack.Text{VI: "Mẫu 01?", EN: "Form 01?"}}
	p := &pack.Pack{Procedures: []*pack.Procedure{
		{Code: "1.0", Questions: []pack.Question{name, pages}}, {Code: "2.0", Questions: []pack.Question{name, form}}}}
	all := c.WithPack(p)
	for _, tc := range []struct {
		q    pack.Question
		want string
		ok   bool
	}{{name, "Tên? Viết đủ.", true}, {pages, "Mấy trang?", true}, {form, "", false}} {
		if got, ok := all.Spoken(pack.VI, QuestionKey(tc.q)); ok != tc.ok || got != tc.want {
			t.Errorf("Spoken(%s) = %q, %v; want %q, %v", tc.q.ID, got, ok, tc.want, tc.ok)
		}
	}
	if n := len(all.Keys()); n != 3 {
		t.Errorf("%d entries, want 3: the same question is spoken once", n)
	}
	if len(c.Keys()) != 0 {
		t.Error("WithPack changed the catalogue it was given")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("a: {vi: \"x\", en: \"y\", say: true}\n")
	f.Add("a: {vi: x, en: y, say: {vi: z}}\n")
	f.Add("- a\n")
	f.Fuzz(func(t *testing.T, body string) {
		c, err := Load(fstest.MapFS{"a.yaml": &fstest.MapFile{Data: []byte(body)}})
		if err != nil {
			return
		}
		for _, k := range c.Keys() {
			if c.In(pack.VI, k, nil) == "" {
				t.Errorf("%q is empty", k)
			}
		}
	})
}
