package pack_test

import (
	"encoding/json"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/assets"
	"motcua/kiosk/pack"
)

func hanoi(t testing.TB) *pack.Pack {
	t.Helper()
	dir, err := fs.Sub(assets.Files, "packs/hanoi")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Load(dir)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return p
}

func TestHanoiParticulars(t *testing.T) {
	p := hanoi(t)
	if p.ID != "hanoi" || p.Code != "01" || p.Province.VI != "Hà Nội" || p.Hotline != "1900 1009" || p.Portal != "dichvucong.gov.vn" {
		t.Errorf("particulars: %q %q %q %q %q", p.ID, p.Code, p.Province.VI, p.Hotline, p.Portal)
	}
	kinds := map[string]int{}
	for _, u := range p.Units {
		kinds[u.Kind]++
	}
	if len(p.Units) != 126 || kinds["phường"] != 51 || kinds["xã"] != 75 {
		t.Errorf("%d units: %v; want 51 wards and 75 communes", len(p.Units), kinds)
	}
	for code, want := range map[string]pack.Unit{
		"00082": {Code: "00082", Name: "Phường Cửa Nam", Kind: "phường", EN: "Cua Nam Ward"},
		"10417": {Code: "10417", Name: "Xã Hòa Xá", Kind: "xã", EN: "Hoa Xa Commune"},
		"00226": {Code: "00226", Name: "Phường Văn Miếu - Quốc Tử Giám", Kind: "phường", EN: "Van Mieu - Quoc Tu Giam Ward"},
	} {
		if got, ok := p.Unit(code); !ok || got != want {
			t.Errorf("Unit(%s) = %+v, %v; want %+v", code, got, ok, want)
		}
	}
	if got, ok := p.Unit("99999"); ok {
		t.Errorf("Unit(99999) = %+v", got)
	}
	modes := map[string]pack.Mode{
		"1.001193": pack.Submit, "2.000815": pack.Submit, "1.004873": pack.Submit,
		"1.004222": pack.Guide, "3.000333": pack.Guide, "1.011441": pack.Guide,
	}
	for code, want := range modes {
		if pr := procedure(t, p, code); pr.Mode != want {
			t.Errorf("%s: mode %s, want %s", code, pr.Mode, want)
		}
	}
	if len(p.Procedures) != len(modes) {
		t.Errorf("%d procedures, want %d", len(p.Procedures), len(modes))
	}
}

func TestConsentNamesWhoWhatAndRights(t *testing.T) {
	p := hanoi(t)
	ward, _ := p.Unit("00082")
	commune, _ := p.Unit("10417")
	if got := p.Consent.ShortFor(ward).VI; got != "Tôi đồng ý cho UBND phường dùng các thông tin trên để giải quyết thủ tục này." {
		t.Errorf("at a ward: %q", got)
	}
	if got := p.Consent.ShortFor(commune).VI; !strings.Contains(got, "UBND xã") {
		t.Errorf("at a commune: %q", got)
	}
	if p.Consent.Version == "" {
		t.Error("no version")
	}
	for _, full := range []string{p.Consent.Full.VI, p.Consent.Full.EN} {
		if got := len(strings.Split(full, "\n")); got != 7 {
			t.Errorf("%d paragraphs, want 7: %q", got, full)
		}
	}
	for _, w := range []string{"Ủy ban nhân dân", "Dùng để làm gì", "rút lại", "khiếu nại", "1900 1009"} {
		if !strings.Contains(p.Consent.Full.VI, w) {
			t.Errorf("the full text does not say %q", w)
		}
	}
}

// walk visits every text of a value, with the way that leads to it.
func walk(v reflect.Value, way string, text func(way string, t pack.Text), word func(way, s string)) {
	if v.Type() == reflect.TypeFor[pack.Text]() {
		text(way, v.Interface().(pack.Text))
		return
	}
	switch v.Kind() {
	case reflect.String:
		word(way, v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), way, text, word)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), way+"/"+v.Type().Elem().Name(), text, word)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(v.MapIndex(k), way, text, word)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Type.PkgPath() != "time" {
				walk(v.Field(i), way+"."+f.Name, text, word)
			}
		}
	}
}

func TestEveryTextInBothLanguagesAndNFC(t *testing.T) {
	p := hanoi(t)
	may := []string{".Note", ".Help", ".Unit", ".Name", ".TakenBy", ".Where", ".Label"} // may be empty, but in both
	texts := 0
	words := func(way, s string) {
		if !norm.NFC.IsNormalString(s) {
			t.Errorf("%s: %q is not NFC", way, s)
		}
	}
	walk(reflect.ValueOf(*p), "", func(way string, x pack.Text) {
		texts++
		words(way, x.VI)
		words(way, x.EN)
		if (x.VI == "") != (x.EN == "") {
			t.Errorf("%s: only one language: %+v", way, x)
		}
		optional := slices.ContainsFunc(may, func(m string) bool { return strings.HasSuffix(way, m) })
		if x.VI == "" && !optional {
			t.Errorf("%s is empty", way)
		}
		if strings.ContainsAny(x.VI+x.EN, "{}") && !strings.HasPrefix(way, ".Words.") {
			t.Errorf("%s: a name in braces is left: %+v", way, x)
		}
		if strings.Contains(strings.ToLower(x.VI), "bác ") || strings.Contains(x.VI, " bạn ") {
			t.Errorf("%s: not as this house speaks to people: %q", way, x.VI)
		}
	}, words)
	if texts < 300 {
		t.Errorf("only %d texts seen", texts)
	}
}

// Every question is asked of somebody: the answers that lead to all of them
// are looked for, by trying every answer that any condition speaks of.
func TestEveryQuestionIsReached(t *testing.T) {
	for _, pr := range hanoi(t).Procedures {
		tries := []map[string]string{{}}
		for _, q := range pr.Questions {
			var values []string
			for _, other := range pr.Questions {
				for _, c := range other.ShowIf {
					if c.Question == q.ID {
						values = append(values, c.In...)
					}
				}
			}
			slices.Sort(values)
			values = slices.Compact(values)
			var more []map[string]string
			for _, a := range tries {
				for _, v := range values {
					b := map[string]string{q.ID: v}
					for k, v := range a {
						b[k] = v
					}
					more = append(more, b)
				}
			}
			if len(values) > 0 {
				tries = append(tries, more...)
			}
			if len(tries) > 100_000 {
				t.Fatalf("%s: too many answers to try", pr.Code)
			}
		}
		reached := map[string]bool{}
		for _, a := range tries {
			for _, q := range pr.Shown(a) {
				reached[q.ID] = true
			}
		}
		for _, q := range pr.Questions {
			if !reached[q.ID] {
				t.Errorf("%s: %s is never asked", pr.Code, q.ID)
			}
		}
	}
}

func TestEveryRuleSaysWhereItIsFrom(t *testing.T) {
	p := hanoi(t)
	rules, open := 0, 0
	see := func(what string, r pack.Rule) {
		rules++
		if r.From.IsZero() || r.Source == "" {
			t.Errorf("%s: %+v", what, r)
		}
		if r.Verified == "" {
			open++
		}
	}
	for _, pr := range p.Procedures {
		for _, f := range pr.Fees {
			see(pr.Code+" fee", f.Rule)
		}
		for _, l := range pr.Times {
			see(pr.Code+" time", l.Rule)
		}
		if pr.Source == "" || len(pr.Phrases) == 0 || pr.Home.Link == "" {
			t.Errorf("%s: source %q, %d phrases, link %q", pr.Code, pr.Source, len(pr.Phrases), pr.Home.Link)
		}
		now := at(t, p, "2026-11-20 10:00")
		if got := len(pr.RulesAt(now)); got < 2 {
			t.Errorf("%s: only %d rules today", pr.Code, got)
		}
	}
	for _, h := range p.Calendar.Hours {
		see("hours", h.Rule)
		if h.Verified != "" {
			t.Error("the hours are marked verified; no page that gives them is known")
		}
	}
	for _, o := range p.Calendar.Off {
		see(o.Name.VI, o.Rule)
	}
	if rules < 35 || open == 0 {
		t.Errorf("%d rules, %d of them not verified", rules, open)
	}
}

// Every sheet names the schema that an editor completes it by, and it is the
// one it is checked against.
func TestSheetsNameTheirSchema(t *testing.T) {
	sheets := 0
	err := fs.WalkDir(assets.Files, "packs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		sheets++
		b, err := fs.ReadFile(assets.Files, name)
		first, _, _ := strings.Cut(string(b), "\n")
		ref, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
		if !ok {
			t.Errorf("%s begins with %q", name, first)
		}
		want := strings.TrimSuffix(path.Base(name), ".yaml")
		if path.Base(path.Dir(name)) == "procedures" {
			want = "procedure"
		}
		if got := path.Join(path.Dir(name), ref); got != "packs/schema/"+want+".schema.json" {
			t.Errorf("%s names the schema %s", name, got)
		}
		return err
	})
	if err != nil || sheets < 13 {
		t.Errorf("%d sheets: %v", sheets, err)
	}
}

// An editor shows the description of a key; a key without one helps nobody.
func TestSchemasDescribeEveryKey(t *testing.T) {
	names, err := fs.Glob(assets.Files, "packs/schema/*.schema.json")
	if err != nil || len(names) != 9 {
		t.Fatalf("schemas: %v, %v", names, err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(assets.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		described(t, name, doc)
	}
}

func described(t *testing.T, way string, node any) {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			described(t, way, v)
		}
	case map[string]any:
		props, _ := n["properties"].(map[string]any)
		for key, v := range props {
			p, ok := v.(map[string]any)
			if !ok {
				continue // false: has no place there
			}
			for _, says := range []string{"description", "$ref", "enum", "const", "maxItems"} {
				if _, there := p[says]; there {
					p = nil
					break
				}
			}
			if p != nil {
				t.Errorf("%s: %s has no description", way, key)
			}
		}
		for key, v := range n {
			described(t, way+"/"+key, v)
		}
	}
}

// Every icon that the schema allows is one that stations have.
func TestIconsAreThoseOfTheSchema(t *testing.T) {
	icons, err := pack.Icons()
	if err != nil || len(icons) < 40 {
		t.Fatalf("%d icons: %v", len(icons), err)
	}
	for _, name := range icons {
		if _, err := fs.Stat(assets.Files, "icons/"+name+".svg"); err != nil {
			t.Error(err)
		}
	}
	for _, pr := range hanoi(t).Procedures {
		if !slices.Contains(icons, pr.Icon) {
			t.Errorf("%s: icon %q", pr.Code, pr.Icon)
		}
	}
}
