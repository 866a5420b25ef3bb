package pack_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/assets"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

var today = time.Date(2026, 11, 21, 10, 42, 0, 0, time.FixedZone("", 7*3600))

func TestCheck(t *testing.T) {
	adult := pack.Question{Kind: pack.KindDate, Required: true, Past: true, MinAge: 14, MaxAge: 120}
	choice := pack.Question{Kind: pack.KindChoice, Required: true, Options: []pack.Option{{Value: "cha"}, {Value: "me"}}}
	pages := pack.Question{Kind: pack.KindNumber, Required: true, Min: 1, Max: 500}
	short := pack.Question{Kind: pack.KindText, Min: 3, Max: 5}
	of := func(k pack.Kind) pack.Question { return pack.Question{Kind: k, Required: true} }
	for _, c := range []struct {
		q     pack.Question
		value string
		want  string // "" = fine
	}{
		{of(pack.KindName), "NGUYỄN ÁNH DƯƠNG", ""},
		{of(pack.KindName), norm.NFD.String("NGUYỄN ÁNH DƯƠNG"), ""},
		{of(pack.KindName), "Y’ Moan-Êban", ""},
		{of(pack.KindName), "H'Hen Niê", ""},
		{of(pack.KindName), "NGUYỄN 2", "question.name"},
		{of(pack.KindName), "- '", "question.name"},
		{of(pack.KindName), "A\nB", "question.name"},
		{of(pack.KindName), "   ", "question.required"},
		{of(pack.KindName), strings.Repeat("A", 251), "question.text-long"},
		{of(pack.KindDate), "2026-02-28", ""},
		{of(pack.KindDate), "2026-02-31", "question.date"},
		{of(pack.KindDate), "2026-02-29", "question.date"},
		{of(pack.KindDate), "2024-02-29", ""},
		{of(pack.KindDate), "31/12/2025", "question.date"},
		{of(pack.KindDate), "2027-01-01", ""},
		{adult, "2026-11-22", "question.date-future"},
		{adult, "2026-11-21", "question.too-young"},
		{adult, "2012-11-22", "question.too-young"},
		{adult, "2012-11-21", ""},
		{adult, "1906-11-21", ""},
		{adult, "1906-01-01", ""}, // 120, and in the year after
		{adult, "1905-11-20", "question.too-old"},
		{choice, "cha", ""},
		{choice, "chú", "question.choice"},
		{choice, "", "question.required"},
		{of(pack.KindYesNo), "yes", ""},
		{of(pack.KindYesNo), "no", ""},
		{of(pack.KindYesNo), "có", "question.choice"},
		{pages, "1", ""},
		{pages, "500", ""},
		{pages, "0", "question.number-small"},
		{pages, "501", "question.number-large"},
		{pages, "-1", "question.number"},
		{pages, "+1", "question.number"},
		{pages, "1.5", "question.number"},
		{pages, "99999999999999999999", "question.number"},
		{of(pack.KindPNum), "001090999999", ""},
		{of(pack.KindPNum), "00109099999", "question.pnum"},
		{of(pack.KindPNum), "00109099999x", "question.pnum"},
		{of(pack.KindPNum), "٠٠١٠٩٠", "question.pnum"},
		{of(pack.KindPhone), "0912345678", ""},
		{of(pack.KindPhone), "9123456780", "question.phone"},
		{of(pack.KindPhone), "091234567", "question.phone"},
		{of(pack.KindPhone), "+84912345678", "question.phone"},
		{of(pack.KindEmail), "mau.nguyen@thu.example.vn", ""},
		{of(pack.KindEmail), "mau@", "question.email"},
		{of(pack.KindEmail), "mau@vn", "question.email"},
		{of(pack.KindEmail), "mẫu@thu.vn", "question.email"},
		{of(pack.KindAddress), "Số 1 phố Mẫu", ""},
		{of(pack.KindAddress), "Số", "question.text-short"},
		{of(pack.KindMoney), "50000000", ""},
		{of(pack.KindMoney), "0", "question.money"},
		{of(pack.KindMoney), "50.000", "question.money"},
		{short, "", ""},
		{short, "ab", "question.text-short"},
		{short, "ắặấ", ""},
		{short, "abcdef", "question.text-long"},
		{short, "a\x00bc", "question.text"},
	} {
		key, ok := c.q.Check(c.value, today)
		if key != c.want || ok != (c.want == "") {
			t.Errorf("%s: Check(%q) = %q, %v; want %q", c.q.Kind, c.value, key, ok, c.want)
		}
	}
}

// Every sentence that Check can ask for is in the texts, and no other is.
func TestProblemsHaveSentences(t *testing.T) {
	dir, err := fs.Sub(assets.Files, "text")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, key := range texts.Keys() {
		if strings.HasPrefix(key, "question.") {
			have = append(have, key)
		}
	}
	want := []string{
		"question.choice", "question.date", "question.date-future", "question.email", "question.money", "question.name",
		"question.number", "question.number-large", "question.number-small", "question.phone", "question.pnum",
		"question.required", "question.text", "question.text-long", "question.text-short", "question.too-old", "question.too-young",
	}
	for _, key := range want {
		if !slices.Contains(have, key) {
			t.Errorf("no sentence for %s", key)
		}
	}
	// What values can bring about, found by trying them, is among these.
	rapid.Check(t, func(t *rapid.T) {
		q := pack.Question{
			Kind: rapid.SampledFrom([]pack.Kind{
				pack.KindText, pack.KindName, pack.KindDate, pack.KindChoice, pack.KindYesNo, pack.KindNumber,
				pack.KindPNum, pack.KindPhone, pack.KindEmail, pack.KindAddress, pack.KindMoney, "unheard",
			}).Draw(t, "kind"),
			Required: rapid.Bool().Draw(t, "required"), Past: rapid.Bool().Draw(t, "past"),
			Min: rapid.IntRange(0, 9).Draw(t, "min"), Max: rapid.IntRange(0, 30).Draw(t, "max"),
			MinAge: rapid.IntRange(0, 20).Draw(t, "min age"), MaxAge: rapid.IntRange(0, 120).Draw(t, "max age"),
		}
		value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{1,13}`), rapid.StringMatching(`(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]`)).Draw(t, "value")
		key, ok := q.Check(value, today)
		if ok != (key == "") || key != "" && !slices.Contains(want, key) {
			t.Fatalf("Check(%q) = %q, %v", value, key, ok)
		}
		_ = q.Display(value, pack.VI) // shows anything without harm
	})
}

func TestDisplay(t *testing.T) {
	p := hanoi(t)
	birth := procedure(t, p, "1.001193")
	for _, c := range []struct{ id, value, vi, en string }{
		{"a_rel", "cha", "Cha", "Father"},
		{"c_born", "2026-11-02", "02/11/2026", "02/11/2026"},
		{"c_name", "NGUYỄN ÁNH DƯƠNG", "NGUYỄN ÁNH DƯƠNG", "NGUYỄN ÁNH DƯƠNG"},
		{"b_married", "yes", "Có", "Yes"},
		{"z_result", "dien-tu-tai-quay", "Bản điện tử + tại quầy", "Electronic + at the counter"},
		{"a_phone", "0912345678", "0912 345 678", "0912 345 678"},
		{"c_born", "2026-02-31", "2026-02-31", "2026-02-31"},
		{"a_rel", "chú", "chú", "chú"},
	} {
		q := question(t, birth, c.id)
		if vi, en := q.Display(c.value, pack.VI), q.Display(c.value, pack.EN); vi != c.vi || en != c.en {
			t.Errorf("%s %q reads %q, %q; want %q, %q", c.id, c.value, vi, en, c.vi, c.en)
		}
	}
	money := pack.Question{Kind: pack.KindMoney}
	if got := money.Display("50000000", pack.VI); got != "50.000.000 đ" {
		t.Errorf("money reads %q", got)
	}
}

func question(t testing.TB, p *pack.Procedure, id string) pack.Question {
	t.Helper()
	for _, q := range p.Questions {
		if q.ID == id {
			return q
		}
	}
	t.Fatalf("%s has no question %s", p.Code, id)
	return pack.Question{}
}

// asked gives the ids of what is asked of someone whose card was read.
func asked(p *pack.Procedure, answers map[string]string) []string {
	var ids []string
	for _, q := range p.Shown(answers) {
		if !strings.HasPrefix(q.Prefill, "person.") {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

func TestBirthQuestionsInTheOrderOfTheForm(t *testing.T) {
	birth := procedure(t, hanoi(t), "1.001193")
	for _, c := range []struct {
		name    string
		answers map[string]string
		want    string
	}{
		{
			"the father, with an electronic notice",
			map[string]string{"a_rel": "cha", "b_notice": "dien-tu", "m_pnum": "001190999999", "b_married": "yes", "z_result": "dien-tu-tai-quay"},
			"a_rel b_notice c_name c_born c_sex c_eth c_origin m_name m_pnum b_married z_copies z_result a_phone",
		},
		{
			"the father, with a notice on paper, by post",
			map[string]string{"a_rel": "cha", "b_notice": "giay", "b_married": "no", "z_result": "buu-chinh"},
			"a_rel b_notice b_notice_photo c_name c_born c_sex c_eth c_pob c_origin m_name m_pnum m_born b_married z_copies z_result z_shipto a_phone",
		},
		{
			"a mother who is not married",
			map[string]string{"a_rel": "me", "b_notice": "dien-tu", "b_married": "no", "z_result": "dien-tu-tai-quay"},
			"a_rel b_notice c_name c_born c_sex c_eth c_origin b_married z_copies z_result a_phone",
		},
		{
			"a caring organisation",
			map[string]string{"a_rel": "co-so", "b_notice": "khong", "z_result": "dien-tu"},
			"a_rel b_notice c_name c_born c_sex c_eth c_pob c_origin z_copies z_result a_phone a_email",
		},
		{
			"an answer that no longer counts leads nowhere",
			map[string]string{"a_rel": "cha", "b_notice": "dien-tu", "m_pnum": "001190999999", "b_married": "yes", "f_name": "CŨ", "z_result": "dien-tu-tai-quay"},
			"a_rel b_notice c_name c_born c_sex c_eth c_origin m_name m_pnum b_married z_copies z_result a_phone",
		},
	} {
		if got := strings.Join(asked(birth, c.answers), " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestShown(t *testing.T) {
	q := pack.Question{ShowIf: []pack.Clause{{Question: "a", In: []string{"1", "2"}}, {Question: "b", In: []string{""}}}}
	for _, c := range []struct {
		answers map[string]string
		want    bool
	}{
		{nil, false},
		{map[string]string{"a": "1"}, true},
		{map[string]string{"a": "2", "b": ""}, true},
		{map[string]string{"a": "2", "b": "x"}, false},
		{map[string]string{"a": "3"}, false},
	} {
		if got := q.Shown(c.answers); got != c.want {
			t.Errorf("Shown(%v) = %v, want %v", c.answers, got, c.want)
		}
	}
	if !(pack.Question{}).Shown(nil) {
		t.Error("a question without conditions is not shown")
	}
}
