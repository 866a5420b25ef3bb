package pack

import "testing"

func TestReadLookUp(t *testing.T) {
	const id = "01932b7e-8f00-7abc-8def-0123456789ab"
	p := &Pack{LookUp: "https://portal.example/tra-cuu?ma={id}&khoa={secret}"}
	for _, tc := range []struct {
		code       string
		id, secret string
		ok         bool
	}{
		{"https://portal.example/tra-cuu?ma=" + id + "&khoa=K7QX", id, "K7QX", true},
		{"https://portalxexample/tra-cuu?ma=" + id + "&khoa=K7QX", "", "", false},
		{"https://portal.example/tra-cuu?ma=" + id + "&khoa=K7QX&more", "", "", false},
		{"001090999999||Nguyễn Văn Mẫu|31011990|Nam|Hà Nội|15042021", "", "", false},
	} {
		if id, secret, ok := p.ReadLookUp(tc.code); id != tc.id || secret != tc.secret || ok != tc.ok {
			t.Errorf("ReadLookUp(%q) = %q, %q, %v", tc.code, id, secret, ok)
		}
	}
	if _, _, ok := (&Pack{}).ReadLookUp("anything"); ok {
		t.Error("a pack without a look-up page read a code")
	}
}
