package page

import (
	"strings"

	"motcua/kiosk/contract"
	"motcua/kiosk/pack"
)

// words are one sentence in both languages.
type words struct{ VI, EN string }

// assurances say how well a person is known and what that is worth.
var assurances = map[contract.Assurance]struct {
	short string // in the list
	words
}{
	contract.AssuranceTyped: {"Tự khai", words{"Người nộp tự khai; chưa có gì chứng minh. Cần đối chiếu giấy tờ.",
		"Typed by the applicant; nothing is proven. Compare with their papers."}},
	contract.AssuranceQR: {"Mã QR trên thẻ", words{"Quét từ mã QR in trên thẻ; mã không có chữ ký và có thể sao chép.",
		"Scanned from the code printed on the card, which is not signed and can be copied."}},
	contract.AssuranceChipRead: {"Đọc chip", words{"Đọc từ chip, chưa chứng minh được nguồn gốc dữ liệu.",
		"Read from a chip; where its data come from is not proven."}},
	contract.AssuranceChipVerified: {"Chip, đã xác minh chữ ký", words{"Dữ liệu trong chip có chữ ký hợp lệ của Nhà nước; chưa loại trừ chip sao chép.",
		"The state signed the chip's data; that the chip is no copy is not proven."}},
	contract.AssuranceChipGenuine: {"Chip thật", words{"Dữ liệu có chữ ký hợp lệ của Nhà nước và chip đã chứng minh không phải bản sao.",
		"The state signed the data, and the chip proved that it is no copy."}},
}

// assurance is the level in few words; one that is not known here as it came.
func assurance(a contract.Assurance) string {
	if level, ok := assurances[a]; ok {
		return level.short
	}
	return string(a)
}

// doubts say in plain words why a chip's assurance is no higher, by the reasons
// that stations send.
var doubts = map[string]words{
	"nothing-read": {"Chưa đọc được dữ liệu nào trên chip", "Nothing was read from the chip"},
	"sod-missing":  {"Không đọc được tệp chữ ký của thẻ", "The card's signature file could not be read"},
	"sod-garbled":  {"Tệp chữ ký của thẻ không đúng dạng", "The card's signature file is not understood"},

	"digest-sha1":       {"Chữ ký dùng hàm băm SHA-1 đã lỗi thời", "The signature uses SHA-1, which is out of date"},
	"digest-unknown":    {"Chữ ký dùng hàm băm không được chấp nhận", "The signature uses a digest that is not accepted"},
	"signature-unknown": {"Không nhận ra loại chữ ký của thẻ", "The kind of signature is not known"},
	"key-short":         {"Khóa ký thẻ quá ngắn", "The signing key is too short"},

	"content-altered": {"Danh mục dữ liệu đã ký bị sửa", "The signed list of the data was altered"},
	"signature-wrong": {"Chữ ký không đúng", "The signature does not hold"},

	"signer-missing":   {"Thẻ thiếu chứng thư của bên ký", "The signer's certificate is missing"},
	"signer-early":     {"Chứng thư của bên ký chưa có hiệu lực", "The signer's certificate is not valid yet"},
	"signer-expired":   {"Chứng thư của bên ký đã hết hạn", "The signer's certificate has expired"},
	"signer-revoked":   {"Chứng thư của bên ký đã bị thu hồi", "The signer's certificate was revoked"},
	"signer-usage":     {"Chứng thư của bên ký không dùng để ký thẻ", "The signer's certificate is not for signing cards"},
	"signer-extension": {"Chứng thư của bên ký có yêu cầu không nhận ra", "The signer's certificate makes an unknown demand"},

	"anchor-missing": {"Trạm chưa có chứng thư gốc của cơ quan cấp thẻ", "The station lacks the issuer's root certificate"},
	"anchor-foreign": {"Chứng thư gốc là của nước khác", "The root certificate is another state's"},
	"anchor-wrong":   {"Chứng thư của bên ký không do cơ quan cấp thẻ cấp", "The issuer's root did not issue the signer's certificate"},
	"anchor-early":   {"Chứng thư gốc chưa có hiệu lực", "The root certificate is not valid yet"},
	"anchor-expired": {"Chứng thư gốc đã hết hạn", "The root certificate has expired"},

	"crl-missing": {"Trạm chưa có danh sách chứng thư bị thu hồi", "The station lacks the list of revoked certificates"},
	"crl-wrong":   {"Danh sách thu hồi không do cơ quan cấp thẻ ký", "The list of revoked certificates is not the issuer's"},
	"crl-stale":   {"Danh sách thu hồi đã quá hạn", "The list of revoked certificates is out of date"},

	"group-altered":   {"Dữ liệu trên chip khác với dữ liệu đã ký", "The chip's data are not those that were signed"},
	"group-uncovered": {"Có dữ liệu trên chip không được ký", "Some of the chip's data are not signed"},
	"group-missing":   {"Chip không cho đọc dữ liệu đã ký", "The chip does not give some data that were signed"},

	"chip-not-asked":     {"Chưa yêu cầu chip tự chứng minh", "The chip was not asked to prove itself"},
	"chip-not-able":      {"Chip không có khóa để tự chứng minh", "The chip has no key to prove itself by"},
	"chip-key-missing":   {"Chip không đưa ra khóa đã được ký, có thể là bản sao", "The chip does not give the key that was signed: it may be a copy"},
	"chip-unfinished":    {"Chip chưa chứng minh xong, thẻ bị nhấc hoặc không trả lời", "The chip did not finish proving itself: lifted or silent"},
	"chip-failed":        {"Chip không có khóa đúng, có thể là bản sao", "The chip does not hold its key: it may be a copy"},
	"chip-key-uncovered": {"Khóa của chip không được ký", "The chip's key is not signed"},

	"access-weaker": {"Chip có cách mở an toàn hơn nhưng đã được mở bằng cách cũ", "The chip offers a safer way to be opened than the one that was used"},
}

// proof is what staff read of how a person is known.
type proof struct {
	Level          words
	Chip           bool   // a chip was read, so that the rest says something
	Opened, Signed string // for a technician
	Doubts         []words
	Warnings       []words // what to look at, as the texts of the stations say it
}

// proven puts an applicant's assurance and proof into words. What a newer
// station knows and this page does not is shown as it came.
func (p *Page) proven(a contract.Applicant) proof {
	out := proof{Level: assurances[a.Assurance].words, Chip: strings.HasPrefix(string(a.Assurance), "chip-"),
		Opened: a.Proof.Opened, Signed: a.Proof.Signed}
	if out.Level == (words{}) {
		out.Level = words{VI: string(a.Assurance), EN: string(a.Assurance)}
	}
	for _, reason := range a.Proof.Doubts {
		w, ok := doubts[reason]
		if !ok {
			w = words{VI: reason, EN: reason}
		}
		out.Doubts = append(out.Doubts, w)
	}
	for _, key := range a.Warnings {
		w := words{VI: key, EN: key}
		if p.texts.Has(key) {
			w = words{VI: p.texts.In(pack.VI, key, nil), EN: p.texts.In(pack.EN, key, nil)}
		}
		out.Warnings = append(out.Warnings, w)
	}
	return out
}
