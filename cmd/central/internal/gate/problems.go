package gate

import (
	"fmt"

	"motcua/kiosk/contract"
)

// refusal is a problem on its way out. It never wraps what it was told by the
// document: why is written by us alone.
type refusal struct {
	contract.Problem
	after int    // seconds of Retry-After; 0 = none
	why   string // for the audit log, in our own words
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %s", r.Code, r.why) }

// words are what a problem says.
type words struct {
	status     int
	owner      contract.ProblemOwner
	vi, en     [3]string // title, detail, next
	retryAfter int
}

// refuse makes the problem called code.
func refuse(code, why string) *refusal {
	w, ok := problems(code)
	if !ok {
		panic("gate: no problem is called " + code)
	}
	return &refusal{
		why:   why,
		after: w.retryAfter,
		Problem: contract.Problem{
			Type: "urn:motcua:problem:" + code, Code: code, Status: w.status, Owner: w.owner,
			Title: w.vi[0], Detail: w.vi[1], Next: w.vi[2],
			TitleEN: w.en[0], DetailEN: w.en[1], NextEN: w.en[2],
		},
	}
}

// named gives again the problem called code that the audit log remembers.
func named(code string) (contract.Problem, bool) {
	if _, ok := problems(code); !ok {
		return contract.Problem{}, false
	}
	return refuse(code, "").Problem, true
}

// codes are all problems there are.
var codes = [...]string{
	"bad-request", "digest-mismatch", "wrong-certificate", "not-found", "other-content", "too-large",
	"not-for-us", "tampered", "foreign-signature", "foreign-station", "unsupported-version",
	"key-expired", "schema", "other-id", "procedure-unknown", "procedure-guided", "too-many-tries",
	"over-quota", "central-fault", "busy", "parts-missing", "wrong-offset", "wrong-type", "other-tus", "no-room",
}

func problems(code string) (words, bool) {
	switch code {
	case "bad-request":
		return words{status: 400, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Yêu cầu sai định dạng", "Trạm gửi yêu cầu không đúng giao thức.", "Kiểm tra phiên bản phần mềm của trạm."},
			en: [3]string{"Malformed request", "The station sent what the contract does not allow.", "Check the version of the station's program."}}, true
	case "digest-mismatch":
		return words{status: 400, owner: contract.ProblemOwnerStation,
			vi: [3]string{"Dữ liệu hỏng trên đường truyền", "Nội dung nhận được không khớp mã kiểm tra.", "Trạm sẽ tự gửi lại."},
			en: [3]string{"Damaged on the way", "The body does not match its digest.", "The station sends it again by itself."}}, true
	case "wrong-certificate":
		return words{status: 403, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Sai chứng thư của trạm", "Chứng thư kết nối là của trạm khác hoặc trạm chưa được đăng ký.", "Đăng ký lại trạm với trung tâm."},
			en: [3]string{"Wrong certificate", "The certificate is another station's, or the station is not enrolled.", "Enrol the station again."}}, true
	case "not-found":
		return words{status: 404, owner: contract.ProblemOwnerCitizen,
			vi: [3]string{"Không tìm thấy", "Không có hồ sơ nào ứng với mã và mã bí mật này.", "Kiểm tra lại hai mã in trên giấy biên nhận."},
			en: [3]string{"Not found", "Nothing is known under this code with this secret.", "Compare both codes with the receipt."}}, true
	case "other-content":
		return words{status: 409, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Trùng mã, khác nội dung", "Trung tâm đã lưu một hồ sơ khác với cùng mã này.", "Giữ bản tại trạm, báo kỹ thuật đối chiếu hai bản."},
			en: [3]string{"Same id, other content", "Central holds another content under this id.", "Keep the station's copy and have a technician compare the two."}}, true
	case "too-large":
		return words{status: 413, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Hồ sơ quá lớn", "Hồ sơ vượt quá dung lượng cho phép.", "Báo kỹ thuật; người dân nộp tại quầy."},
			en: [3]string{"Too large", "The submission is over the size limit.", "Tell a technician; the citizen files at the counter."}}, true
	case "not-for-us":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Niêm phong cho nơi khác", "Hồ sơ được niêm phong bằng khóa không phải của trung tâm.", "Cài lại tệp recipients.txt của trạm, rồi mời người dân nộp lại."},
			en: [3]string{"Sealed to somebody else", "The submission is sealed to a key that is not central's.", "Install recipients.txt anew and ask the citizen to file again."}}, true
	case "tampered":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Hồ sơ bị thay đổi", "Niêm phong hoặc chữ ký không còn nguyên vẹn.", "Kiểm tra đĩa của trạm, rồi mời người dân nộp lại."},
			en: [3]string{"Altered", "Seal or signature is not intact.", "Check the station's disk and ask the citizen to file again."}}, true
	case "foreign-signature":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Chữ ký lạ", "Hồ sơ được ký bằng khóa chưa đăng ký với trung tâm.", "Đăng ký lại trạm với trung tâm."},
			en: [3]string{"Signature of a stranger", "The submission is signed with a key that is not enrolled.", "Enrol the station again."}}, true
	case "foreign-station":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Hồ sơ của trạm khác", "Trạm hoặc đơn vị ghi trong hồ sơ không phải của bên gửi.", "Kiểm tra cấu hình trạm và đơn vị."},
			en: [3]string{"Another station's", "The station or unit in the submission is not the sender's.", "Check station and unit in the configuration."}}, true
	case "unsupported-version":
		return words{status: 422, owner: contract.ProblemOwnerCentral,
			vi: [3]string{"Phiên bản chưa hỗ trợ", "Hồ sơ do phần mềm mới hơn trung tâm tạo ra.", "Nâng cấp trung tâm, rồi gửi lại."},
			en: [3]string{"Unsupported version", "The submission was written by a program newer than central.", "Upgrade central, then send again."}}, true
	case "key-expired":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Khóa của trạm hết hạn", "Hồ sơ được tạo sau ngày khóa ký hết hạn, hoặc đồng hồ trạm sai.", "Kiểm tra đồng hồ, rồi đăng ký lại trạm."},
			en: [3]string{"Station key expired", "The submission was made after the key expired, or the clock is wrong.", "Check the clock, then enrol the station again."}}, true
	case "schema":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Hồ sơ sai cấu trúc", "Có mục trong hồ sơ không đúng quy định.", "Báo kỹ thuật; người dân nộp tại quầy."},
			en: [3]string{"Malformed submission", "Something in the submission does not follow the schema.", "Tell a technician; the citizen files at the counter."}}, true
	case "other-id":
		return words{status: 422, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Sai mã hồ sơ", "Mã trong hồ sơ khác mã được gửi.", "Báo kỹ thuật kiểm tra trạm."},
			en: [3]string{"Another id", "The id inside is not the one it was sent under.", "Have a technician check the station."}}, true
	case "procedure-unknown":
		return words{status: 422, owner: contract.ProblemOwnerCentral,
			vi: [3]string{"Thủ tục không có trong danh mục", "Trung tâm chưa có thủ tục này.", "Cập nhật danh mục thủ tục, rồi gửi lại."},
			en: [3]string{"Unknown procedure", "Central does not have this procedure.", "Update the catalogue, then send again."}}, true
	case "procedure-guided":
		return words{status: 422, owner: contract.ProblemOwnerStaff,
			vi: [3]string{"Thủ tục do cơ quan khác tiếp nhận", "Điểm phục vụ chỉ hướng dẫn thủ tục này, không tiếp nhận.", "Mời người dân đến đúng cơ quan; cập nhật gói dữ liệu của trạm."},
			en: [3]string{"Another office takes this", "A service point guides to this procedure and may not receive it.", "Send the citizen to the right office; update the station's pack."}}, true
	case "too-many-tries":
		return words{status: 429, owner: contract.ProblemOwnerCitizen, retryAfter: int(window.Seconds()),
			vi: [3]string{"Thử sai nhiều lần", "Đã nhập sai quá nhiều lần.", "Đợi 15 phút hoặc hỏi cán bộ tại quầy."},
			en: [3]string{"Too many tries", "Too many wrong codes were entered.", "Wait 15 minutes or ask at the counter."}}, true
	case "over-quota":
		return words{status: 429, owner: contract.ProblemOwnerCentral, retryAfter: int(longestWait.Seconds()),
			vi: [3]string{"Vượt hạn mức trong ngày", "Trạm đã gửi nhiều hơn mức cho phép của một ngày.", "Trạm sẽ tự gửi tiếp; trung tâm kiểm tra trạm hoặc nâng hạn mức."},
			en: [3]string{"Over the day's quota", "The station has sent more than a day allows.", "The station goes on by itself later; central looks at the station or raises the quota."}}, true
	case "central-fault":
		return words{status: 500, owner: contract.ProblemOwnerCentral,
			vi: [3]string{"Lỗi tại trung tâm", "Trung tâm gặp lỗi khi xử lý.", "Trạm sẽ tự gửi lại; trung tâm xem nhật ký."},
			en: [3]string{"Fault at central", "Central failed on this request.", "The station sends again by itself; central reads its log."}}, true
	case "parts-missing":
		return words{status: 424, owner: contract.ProblemOwnerStation,
			vi: [3]string{"Chưa đủ giấy tờ kèm theo", "Trung tâm chưa nhận đủ các tệp kèm theo hồ sơ.", "Trạm sẽ tự gửi các tệp còn thiếu."},
			en: [3]string{"Attachments are missing", "Not every attachment of the submission is here yet.", "The station sends what is missing by itself."}}, true
	case "wrong-offset":
		return words{status: 409, owner: contract.ProblemOwnerStation,
			vi: [3]string{"Sai vị trí gửi tiếp", "Phần gửi không nối tiếp phần đã nhận.", "Trạm sẽ tự hỏi lại và gửi tiếp."},
			en: [3]string{"Wrong offset", "What was sent does not begin where the part ends.", "The station asks again and goes on."}}, true
	case "wrong-type":
		return words{status: 415, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Sai kiểu dữ liệu", "Trạm gửi tệp kèm theo không đúng kiểu.", "Kiểm tra phiên bản phần mềm của trạm."},
			en: [3]string{"Wrong content type", "The station sent a part as another type.", "Check the version of the station's program."}}, true
	case "other-tus":
		return words{status: 412, owner: contract.ProblemOwnerTechnician,
			vi: [3]string{"Sai phiên bản giao thức gửi tệp", "Trạm gửi tệp bằng phiên bản giao thức khác.", "Kiểm tra phiên bản phần mềm của trạm."},
			en: [3]string{"Other version of tus", "The station sends parts by another version of the protocol.", "Check the version of the station's program."}}, true
	case "no-room":
		return words{status: 507, owner: contract.ProblemOwnerCentral, retryAfter: 60,
			vi: [3]string{"Trung tâm hết chỗ lưu", "Đĩa của trung tâm không còn đủ chỗ cho tệp kèm theo.", "Dọn hoặc mở rộng đĩa của trung tâm; trạm sẽ tự gửi lại."},
			en: [3]string{"No room at central", "Central's disk has no room for attachments.", "Make room on central's disk; the station sends again by itself."}}, true
	case "busy":
		return words{status: 503, owner: contract.ProblemOwnerStation, retryAfter: 15,
			vi: [3]string{"Trung tâm đang bận", "Trung tâm tạm thời chưa nhận được.", "Trạm sẽ tự gửi lại."},
			en: [3]string{"Central is busy", "Central cannot take it right now.", "The station sends again by itself."}}, true
	}
	return words{}, false
}
