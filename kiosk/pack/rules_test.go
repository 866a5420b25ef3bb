package pack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk/pack"
)

func procedure(t testing.TB, p *pack.Pack, code string) *pack.Procedure {
	t.Helper()
	pr, ok := p.Procedure(code)
	if !ok {
		t.Fatalf("no procedure %s", code)
	}
	return pr
}

func TestFee(t *testing.T) {
	p := hanoi(t)
	for _, c := range []struct {
		code    string
		channel pack.Channel
		at      string
		want    int64
		source  string // "" = no such fee
	}{
		{"1.001193", pack.Online, "2025-12-31 23:59", 0, "07/2023/NQ-HĐND"},
		{"1.001193", pack.Online, "2026-01-01 00:00", 0, "77/2025/NQ-HĐND"},
		{"1.001193", pack.Counter, "2026-11-21 10:42", 0, "NQ 06/2020/NQ-HĐND (đúng hạn, trong 60 ngày)"},
		{"1.001193", pack.Online, "2025-06-30 23:59", 0, ""},
		{"1.004873", pack.Online, "2026-11-21 10:42", 0, "77/2025/NQ-HĐND"},
		{"1.004873", pack.Counter, "2026-11-21 10:42", 3000, "NQ 06/2020/NQ-HĐND"},
		{"2.000815", pack.Counter, "2026-11-21 10:42", 2000, "TT 226/2016/TT-BTC"},
		{"2.000815", pack.Online, "2026-11-21 10:42", 0, ""},
		{"1.004222", pack.Counter, "2026-11-21 10:42", 20000, "TT 75/2022/TT-BTC"},
		{"1.004222", pack.Online, "2026-08-14 23:59", 10000, "TT 75/2022/TT-BTC"},
		{"1.004222", pack.Online, "2026-08-15 00:00", 10000, "TT 75/2022/TT-BTC; TT 117/2026/TT-BTC"},
		{"1.004222", pack.Online, "2027-03-01 00:00", 10000, "TT 75/2022/TT-BTC"},
		{"2.000488", pack.Counter, "2026-11-21 10:42", 200000, "TT 16/2025/TT-BTC"},
		{"1.011441", pack.Online, "2026-11-21 10:42", 0, "77/2025/NQ-HĐND"},
	} {
		fee, ok := procedure(t, p, c.code).Fee(at(t, p, c.at), c.channel)
		if ok != (c.source != "") || fee.Amount != c.want || fee.Source != c.source {
			t.Errorf("%s %s on %s: %d by %q, %v; want %d by %q", c.code, c.channel, c.at, fee.Amount, fee.Source, ok, c.want, c.source)
		}
	}
}

func TestFeeIsThatOfTheProcedure(t *testing.T) {
	p := pack.Procedure{Fees: []pack.Fee{{Channel: pack.Online, Item: "copies", Amount: 8000}, {Channel: pack.Online, Amount: 5}}}
	if got, ok := p.Fee(today, pack.Online); !ok || got.Amount != 5 {
		t.Errorf("Fee = %+v, %v", got, ok)
	}
	if got := p.Extras(today, pack.Online); len(got) != 1 || got[0].Item != "copies" {
		t.Errorf("Extras = %+v", got)
	}
}

func TestTotal(t *testing.T) {
	p := hanoi(t)
	now := at(t, p, "2026-11-20 10:00")
	certified, _ := procedure(t, p, "2.000815").Fee(now, pack.Counter)
	for _, c := range []struct {
		pages, copies string
		want          int64
	}{
		{"1", "1", 2000},
		{"2", "1", 4000},
		{"3", "1", 5000},
		{"10", "3", 36000},
		{"198", "1", 200000},
		{"199", "1", 200000}, // the cap
		{"500", "50", 10000000},
		{"", "", 2000},
		{"many", "-3", 2000},
	} {
		got := certified.Total(map[string]string{"y_pages": c.pages, "y_copies": c.copies})
		if got != c.want {
			t.Errorf("%q pages, %q copies: %d, want %d", c.pages, c.copies, got, c.want)
		}
	}
	birth := procedure(t, p, "1.001193")
	for ch, want := range map[pack.Channel]int64{pack.Counter: 24000, pack.Online: 0} {
		var got int64 = -1
		for _, f := range birth.Extras(now, ch) {
			if f.Item == "copies" {
				got = f.Total(map[string]string{"z_copies": "3"})
			}
		}
		if got != want {
			t.Errorf("three extract copies through %s: %d, want %d", ch, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	p := hanoi(t)
	now := at(t, p, "2026-11-20 10:00")
	for code, want := range map[string][2]string{
		"1.001193": {"Xong trong ngày · miễn phí", "Done today · free"},
		"2.000815": {"Xong trong ngày · 2.000 đ/trang", "Done today · 2,000 VND a page"},
		"1.004873": {"3 ngày làm việc · miễn phí khi nộp tại máy", "3 working days · free when filed here"},
		"1.004222": {"Công an phường nhận · máy hướng dẫn", "The ward police take it · we show you how"},
		"3.000333": {"Nộp trên VNeID · máy hướng dẫn", "Filed in VNeID · we show you how"},
		"1.011441": {"Văn phòng đất đai nhận · máy hướng dẫn", "The land office takes it · we show you how"},
	} {
		pr := procedure(t, p, code)
		got := [2]string{pr.Line(pack.VI, now), pr.Line(pack.EN, now)}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestPrice(t *testing.T) {
	p := hanoi(t)
	now := at(t, p, "2026-11-20 10:00")
	for _, c := range []struct {
		code    string
		channel pack.Channel
		answers map[string]string
		want    int64
		known   bool
	}{
		{"1.001193", pack.Online, map[string]string{"z_copies": "3"}, 0, true},
		{"1.001193", pack.Counter, map[string]string{"z_copies": "3"}, 24000, true},
		{"1.001193", pack.Counter, map[string]string{"z_copies": "0"}, 0, true},
		{"1.001193", pack.Counter, nil, 0, true},
		{"2.000815", pack.Counter, map[string]string{"y_pages": "3", "y_copies": "2"}, 10000, true},
		{"2.000815", pack.Online, map[string]string{"y_pages": "3"}, 0, false},
	} {
		got, ok := procedure(t, p, c.code).Price(now, c.channel, c.answers)
		if got != c.want || ok != c.known {
			t.Errorf("%s %s %v: %d, %v; want %d, %v", c.code, c.channel, c.answers, got, ok, c.want, c.known)
		}
	}
}

func TestLongLines(t *testing.T) {
	p := hanoi(t)
	now := at(t, p, "2026-11-20 10:00")
	copied := procedure(t, p, "2.000815")
	if got, want := copied.LimitLine(pack.VI, now), "Xong trong ngày. Nhiều trang thì thêm không quá 2 ngày làm việc."; got != want {
		t.Errorf("LimitLine = %q, want %q", got, want)
	}
	if got, want := copied.PriceLine(pack.EN, now), "2,000 VND a page. 1,000 VND a page from page 3"; !strings.HasPrefix(got, want) {
		t.Errorf("PriceLine = %q, want %q first", got, want)
	}
	if got, want := procedure(t, p, "1.004873").PriceLine(pack.VI, now), "Miễn phí khi nộp tại máy. Miễn cho người có công"; !strings.HasPrefix(got, want) {
		t.Errorf("PriceLine = %q, want %q first", got, want)
	}
	if got := copied.LimitLine(pack.VI, at(t, p, "2020-01-01 00:00")) + copied.PriceLine(pack.VI, at(t, p, "2020-01-01 00:00")); got != "" {
		t.Errorf("before any rule: %q", got)
	}
}

func TestReadLookUp(t *testing.T) {
	p := hanoi(t)
	const id = "019a1b2c-0000-7000-8000-000000000001"
	made := strings.NewReplacer("{id}", id, "{secret}", "K7QX").Replace(p.LookUp)
	if gotID, secret, ok := p.ReadLookUp(made); !ok || gotID != id || secret != "K7QX" {
		t.Errorf("ReadLookUp(%q) = %q, %q, %v", made, gotID, secret, ok)
	}
	for _, code := range []string{"", p.LookUp, made + "&x=1", "x" + made, strings.ToUpper(made), "https://other.example/"} {
		if gotID, _, ok := p.ReadLookUp(code); ok {
			t.Errorf("ReadLookUp(%q) = %q", code, gotID)
		}
	}
	if _, _, ok := new(pack.Pack).ReadLookUp(""); ok {
		t.Error("a pack without a look-up reads a code")
	}
}

func TestRulesAt(t *testing.T) {
	p := hanoi(t)
	day := func(s string) time.Time { return at(t, p, s+" 00:00") }
	got := procedure(t, p, "1.004873").RulesAt(at(t, p, "2026-11-20 10:00"))
	want := []pack.AppliedRule{
		{Kind: "fee:online", Rule: pack.Rule{From: day("2026-01-01"), Source: "77/2025/NQ-HĐND", Verified: "báo đăng lại (lsvn.vn a167827)"}},
		{Kind: "fee:counter", Rule: pack.Rule{From: day("2025-07-01"), Source: "NQ 06/2020/NQ-HĐND"}},
		{Kind: "time", Rule: pack.Rule{From: day("2025-07-01"), Source: "NĐ 123/2015/NĐ-CP", Verified: "bản chép Cổng DVCQG 06/2026"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("RulesAt (-want +got):\n%s", d)
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[int64][2]string{
		0:       {"0 đ", "0 VND"},
		500:     {"500 đ", "500 VND"},
		2000:    {"2.000 đ", "2,000 VND"},
		1234567: {"1.234.567 đ", "1,234,567 VND"},
		-10000:  {"-10.000 đ", "-10,000 VND"},
	} {
		if got := [2]string{pack.Money(amount, pack.VI), pack.Money(amount, pack.EN)}; got != want {
			t.Errorf("Money(%d) = %q, want %q", amount, got, want)
		}
	}
}
