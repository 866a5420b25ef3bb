package pack_test

import (
	"strings"
	"testing"

	"motcua/kiosk/pack"
)

func codes(found []*pack.Procedure) string {
	var c []string
	for _, p := range found {
		c = append(c, p.Code)
	}
	return strings.Join(c, " ")
}

func TestSearch(t *testing.T) {
	p := hanoi(t)
	for query, want := range map[string]string{ // what must come first
		"khai sinh":             "1.001193",
		"khai s":                "1.001193",
		"KHAI SINH":             "1.001193",
		"em mới sinh con ạ":     "1.001193",
		"vo chong moi co em be": "1.001193",
		"gks":                   "1.001193",
		"cho em hỏi ở đâu được làm khai sinh cho cháu của em với ạ": "1.001193",
		"làm giấy khai sinh":            "1.001193",
		"sao y":                         "2.000815",
		"photo cong chung":              "2.000815",
		"chứng thực":                    "2.000815",
		"công chứng căn cước":           "2.000815",
		"giấy độc thân":                 "1.004873",
		"doc than":                      "1.004873",
		"tthn":                          "1.004873",
		"xin giay chua vo":              "1.004873",
		"xác nhận để bán đất":           "1.004873",
		"nhap ho khau":                  "1.004222",
		"thuong tru online dc ko":       "1.004222",
		"hộ khẩu":                       "1.004222",
		"thường t":                      "1.004222",
		"tien an":                       "3.000333",
		"ly lich tu phap":               "3.000333",
		"lltp":                          "3.000333",
		"giấy xác nhận không tiền án":   "3.000333",
		"the chap so do":                "1.011441",
		"vay ngân hàng":                 "1.011441",
		"1.004222":                      "1.004222",
		"2.000488":                      "3.000333", // a code that moved
		"birth":                         "1.001193",
		"criminal record":               "3.000333",
		"mortgage":                      "1.011441",
		"Đăng ký":                       "1.001193",
		"n\u0068a\u0323\u0302p ho khau": "1.004222", // marks typed apart
	} {
		got := p.Search(query)
		if len(got) == 0 || got[0].Code != want {
			t.Errorf("Search(%q) = [%s], want %s first", query, codes(got), want)
		}
	}
}

func TestSearchFindsByEveryPhrase(t *testing.T) {
	p := hanoi(t)
	for _, pr := range p.Procedures {
		for _, phrase := range pr.Phrases {
			if got := p.Search(phrase); len(got) == 0 || got[0] != pr {
				t.Errorf("Search(%q) = [%s], want %s first", phrase, codes(got), pr.Code)
			}
		}
	}
}

func TestSearchBySyllables(t *testing.T) {
	p := hanoi(t)
	for query, not := range map[string]string{
		"tru ":     "1.001193", // finished: no part of a longer syllable
		"kha ":     "1.001193",
		"inh":      "1.001193", // no middle of a syllable
		"ly hôn":   "1.001193",
		"xyz":      "1.001193",
		"du học":   "1.004222",
		"khai tử ": "3.000333",
	} {
		for _, pr := range p.Search(query) {
			if pr.Code == not {
				t.Errorf("Search(%q) found %s", query, not)
			}
		}
	}
}

func TestSearchRanks(t *testing.T) {
	p := pack.Pack{Procedures: []*pack.Procedure{
		{Code: "1.000001", Phrases: []string{"khai sinh lại cho người lớn", "rửa mặt"}},
		{Code: "1.000002", Phrases: []string{"khai sinh", "báo mất"}},
	}}
	for query, want := range map[string]string{
		"khai sinh": "1.000002 1.000001", // said so, and no more
		"mất":       "1.000002 1.000001", // as marked
		"mặt":       "1.000001 1.000002",
		"lớn":       "1.000001",
	} {
		if got := codes(p.Search(query)); got != want {
			t.Errorf("Search(%q) = %s, want %s", query, got, want)
		}
	}
}

func TestEmptySearchGivesTheOftenUsed(t *testing.T) {
	p := hanoi(t)
	const want = "1.001193 2.000815 1.004873 1.004222 3.000333 1.011441"
	for _, query := range []string{"", "  ", "?!"} {
		if got := codes(p.Search(query)); got != want {
			t.Errorf("Search(%q) = %s, want %s", query, got, want)
		}
	}
	if got := codes(p.Procedures); got != want {
		t.Errorf("the list is %s, want %s", got, want)
	}
	if got := codes(p.InGroup("")); got != want {
		t.Errorf("InGroup(\"\") = %s, want %s", got, want)
	}
	if first := p.Groups[0]; !first.Often || codes(p.InGroup(first.ID)) != want {
		t.Errorf("the first chip, %+v, holds %s", first, codes(p.InGroup(first.ID)))
	}
	if got := codes(p.InGroup("housing_land")); got != "1.004222 1.011441" {
		t.Errorf("InGroup(housing_land) = %s", got)
	}
	if got := p.InGroup("unheard"); got != nil {
		t.Errorf("InGroup(unheard) = %s", codes(got))
	}
}
