package screen

import (
	"slices"
	"sync"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// galleries are the Views of gallery, made once: some of them end a whole visit.
var galleries = sync.OnceValue(func() map[pack.Lang][]visit.View {
	return map[pack.Lang][]visit.View{pack.VI: allViews(pack.VI), pack.EN: allViews(pack.EN)}
})

// gallery is every screen of a visit, with every block, in one language. The
// people in it are invented. Its Views may be changed, but not what they point to.
func gallery(lang pack.Lang) []visit.View { return slices.Clone(galleries()[lang]) }

func allViews(lang pack.Lang) []visit.View {
	t := func(vi, en string) string {
		if lang == pack.EN {
			return en
		}
		return vi
	}
	head := visit.Head{
		Title: t("Điểm phục vụ hành chính công", "Public service point"),
		Ward:  t("Phường Cửa Nam · Hà Nội", "Cửa Nam Ward · Hà Nội"),
		Lang:  visit.Button{ID: "lang", Icon: "globe", Label: t("English", "Tiếng Việt")},
	}
	foot := func(end string) []visit.Button {
		return []visit.Button{
			{ID: "staff", Icon: "bell", Label: t("Gọi cán bộ", "Call staff")},
			{ID: "hotline", Icon: "phone", Label: "1900 1009"},
			{ID: "listen", Icon: "volume-2", Label: t("Nghe", "Listen")},
			{ID: "look", Icon: "a-large-small", Label: t("Cỡ chữ", "Text size")},
			{ID: "end", Icon: "x", Label: end, Tone: visit.Son},
		}
	}
	stop, end := t("Dừng lại", "Stop"), t("Kết thúc", "End")
	view := func(name, last string, actions []visit.Button, blocks ...visit.Block) visit.View {
		return visit.View{Screen: name, Lang: lang, Look: visit.Look{Size: visit.NormalSize},
			Head: head, Foot: foot(last), Blocks: blocks, Actions: actions}
	}
	acts := func(b ...visit.Button) []visit.Button { return b }
	back := visit.Button{ID: "back", Icon: "chevron-left", Label: t("Lùi", "Back")}
	next := visit.Button{ID: "next", Icon: "chevron-right", Label: t("Tiếp tục", "Continue"), Style: visit.Primary, Tone: visit.Son}
	more := visit.Button{ID: "more", Icon: "chevron-right", Label: t("Xem thêm", "More"), Style: visit.Strong, Overflow: true}
	primary := func(id, label string) visit.Button {
		return visit.Button{ID: id, Label: label, Style: visit.Primary, Tone: visit.Son}
	}
	pad := func(p visit.Pad) visit.Keyboard {
		return visit.Keyboard{Pad: p, Upper: p == visit.Letters, Shift: t("Hoa", "Shift"), Space: t("Dấu cách", "Space"),
			Delete: t("Xóa", "Delete"), Clear: t("Xóa hết", "Clear")}
	}
	progress := func(n int) visit.Progress {
		return visit.Progress{Label: t("Đăng ký khai sinh", "Birth registration"), Done: n, All: 11,
			Count: t("Câu "+itoa(n)+" / 11", "Question "+itoa(n)+" / 11")}
	}

	attract := view("attract", end, nil, visit.Attract{
		Greeting: t("Kính chào\nQuý vị", "Welcome"),
		Line:     t("Tôi giúp Quý vị làm\nthủ tục trong vài phút", "I help you with\npaperwork in minutes"),
		Start:    primary("start", t("Chạm để bắt đầu", "Touch to begin")),
		Langs: []visit.Button{{ID: "lang:vi", Label: "Tiếng Việt", On: lang == pack.VI},
			{ID: "lang:en", Label: "English", On: lang == pack.EN}},
		Help: t("Cần người giúp? Gọi *1900 1009* hoặc hỏi cán bộ tại quầy", "Need help? Call *1900 1009* or ask at the desk"),
	})
	attract.Foot = nil

	home := view("home", end, nil,
		visit.Heading{Title: t("Quý vị cần gì hôm nay?", "What do you need today?")},
		visit.Doors{Items: []visit.Door{
			{ID: "submit", Icon: "file-plus", Title: t("Nộp hồ sơ", "File a submission"), Line: t("Khai sinh, cư trú, chứng thực…", "Births, residence, copies…"), Tone: visit.Son},
			{ID: "ticket", Icon: "ticket", Title: t("Lấy số thứ tự", "Take a number"), Line: t("Gặp cán bộ tại quầy", "Meet staff at the desk"), Tone: visit.Indigo},
			{ID: "lookup", Icon: "search", Title: t("Tra cứu hồ sơ", "Look up a dossier"), Line: t("Quét mã trên giấy biên nhận", "Scan the code on your receipt"), Tone: visit.Indigo},
			{ID: "ask", Icon: "message-circle-question", Title: t("Hỏi thủ tục", "Ask about a procedure"), Line: t("Cần giấy tờ gì, bao lâu", "Which papers, how long"), Tone: visit.Jade},
			{ID: "lawyer", Icon: "scale", Title: t("Tư vấn pháp luật", "Legal advice"), Line: t("Luật sư có mặt: 8:00–16:00", "A lawyer is in: 8:00–16:00"), Tone: visit.Jade},
			{ID: "feedback", Icon: "message-square-heart", Title: t("Góp ý", "Feedback"), Line: t("Trả lời trong 4 giờ", "Answered within 4 hours"), Tone: visit.Amber},
		}})

	identify := func(picture string) visit.View {
		return view("identify", stop, nil,
			visit.Heading{Title: t("Đặt thẻ căn cước\nlên ô đọc thẻ", "Put your identity card\non the reader"),
				Line: t("Mặt có chip úp xuống, giữ yên khoảng 5 giây.", "Chip side down; keep it still for about 5 seconds.")},
			visit.Picture{Name: picture},
			visit.Rows{Items: []visit.Row{
				{ID: "qr", Icon: "qr-code", Tone: visit.Indigo, Still: true, Title: t("Hoặc quét mã QR trên thẻ", "Or scan the QR code on the card"), Line: t("Đưa thẻ vào máy quét bên phải", "Hold it before the scanner at the right")},
				{ID: "type", Icon: "keyboard", Tone: visit.Indigo, Title: t("Không mang thẻ", "No card with me"), Line: t("Nhập số định danh, cán bộ sẽ kiểm tra", "Type your number; staff will check it")},
			}},
			visit.Note{Icon: "shield-check", Tone: visit.Jade, Text: t("Chỉ đọc thông tin cần cho thủ tục này. Máy xóa hết khi Quý vị rời đi.", "Only what this procedure needs is read. All is wiped when you leave.")})
	}

	rows := []visit.Row{
		{ID: "row:1", Icon: "baby", Tone: visit.Son, Title: t("Đăng ký khai sinh", "Birth registration"), Line: t("Xong trong ngày · miễn phí", "Done today · free")},
		{ID: "row:2", Icon: "copy-check", Tone: visit.Son, Title: t("Chứng thực bản sao", "Certified copy"), Line: t("Xong trong ngày · 2.000 đ/trang", "Done today · 2,000 đ a page")},
		{ID: "row:3", Icon: "heart", Tone: visit.Son, Title: t("Xác nhận tình trạng hôn nhân", "Marital status certificate"), Line: t("3 ngày làm việc · miễn phí khi nộp tại máy", "3 working days · free at this kiosk")},
		{ID: "row:4", Icon: "house", Tone: visit.Son, Title: t("Đăng ký thường trú", "Permanent residence"), Line: t("Công an phường nhận · máy hướng dẫn", "Received by the police · this kiosk guides")},
		{ID: "row:5", Icon: "scroll-text", Tone: visit.Son, Title: t("Phiếu lý lịch tư pháp", "Criminal record certificate"), Line: t("Nộp trên VNeID · máy hướng dẫn", "Filed on VNeID · this kiosk guides")},
		{ID: "row:6", Icon: "landmark", Tone: visit.Son, Title: t("Đăng ký biện pháp bảo đảm bằng quyền sử dụng đất, tài sản gắn liền với đất", "Registration of secured transactions on land use rights and property on land"), Line: t("Văn phòng đăng ký đất đai nhận · máy hướng dẫn", "Received by the land office · this kiosk guides")},
	}
	chips := visit.Chips{Items: []visit.Button{
		{ID: "chip:often", Label: t("Hay dùng", "Often"), Style: visit.Pale, On: true},
		{ID: "chip:birth", Label: t("Sinh con", "A child"), Style: visit.Pale},
		{ID: "chip:marry", Label: t("Kết hôn", "Marriage"), Style: visit.Pale},
		{ID: "chip:land", Label: t("Nhà, đất", "House, land"), Style: visit.Pale},
	}}
	search := visit.Field{ID: "search", Icon: "search", Placeholder: t("Gõ hoặc nói: “khai sinh”, “tạm trú”…", "Type: “birth”, “residence”…")}
	procedures := func(page int) visit.View {
		return view("procedures", stop, acts(visit.Button{ID: "back", Icon: "chevron-left", Label: t("Quay lại", "Back")}, more),
			visit.Heading{Title: t("Chọn thủ tục", "Choose a procedure")}, search, chips, visit.Rows{Items: rows, Page: page})
	}
	found := search
	found.Value, found.Active = "khai sinh", true
	searching := view("search", stop, acts(back, more), found, visit.Rows{Items: rows[:3]}, pad(visit.Letters))
	nothing := view("nothing", stop, acts(back, more), visit.Heading{Title: t("Chọn thủ tục", "Choose a procedure")}, found,
		visit.Rows{Empty: t("Chưa thấy thủ tục nào như vậy. Mời Quý vị thử từ khác hoặc hỏi cán bộ.", "Nothing like that yet. Please try another word or ask staff.")})

	name := view("question", stop, acts(back, more, next), progress(3),
		visit.Heading{Title: t("Họ và tên của trẻ?", "The child's full name?"), Line: t("Viết đầy đủ họ, tên đệm và tên.", "Family name, middle name and given name.")},
		visit.Field{ID: "field", Value: "NGUYỄN ÁNH D", Active: true},
		visit.Chips{Items: []visit.Button{{ID: "sug:0", Label: "DƯƠNG", Style: visit.Pale, Tone: visit.Indigo},
			{ID: "sug:1", Label: "DUNG", Style: visit.Pale, Tone: visit.Indigo}, {ID: "sug:2", Label: "DIỆP", Style: visit.Pale, Tone: visit.Indigo}}},
		pad(visit.Letters))
	address := view("question", stop, acts(back, more, next), progress(6),
		visit.Heading{Title: t("Nơi cư trú của người mẹ?", "Where does the mother live?"), Line: t("Số nhà, đường phố, phường, tỉnh.", "House, street, ward, province.")},
		visit.Field{ID: "field", Value: "Số 25 ngõ 132 phố Nguyễn Thái Học, Phường Cửa Nam, Thành phố Hà Nội", Active: true, Problem: t("Địa chỉ còn thiếu số nhà. Mời Quý vị xem lại.", "The house number is missing. Please look again.")},
		pad(visit.Letters))
	address.Step = "address"
	mail := view("question", stop, acts(back, more, visit.Button{ID: "next", Icon: "chevron-right", Label: t("Bỏ qua", "Skip"), Style: visit.Primary}), progress(9),
		visit.Heading{Title: t("Thư điện tử?", "E-mail?"), Line: t("Không bắt buộc.", "Not needed.")},
		visit.Field{ID: "field", Active: true, Placeholder: "ten@vidu.vn"}, pad(visit.Email))
	mail.Step = "mail"
	number := view("question", stop, acts(back, more, next), progress(1),
		visit.Heading{Title: t("Số định danh cá nhân?", "Your personal number?"), Line: t("12 chữ số trên thẻ căn cước.", "12 digits on your identity card.")},
		visit.Field{ID: "field", Value: "0010909", Active: true, Problem: t("Số định danh có 12 chữ số; Quý vị mới nhập 7.", "A personal number has 12 digits; you gave 7.")},
		pad(visit.Digits))
	number.Step = "number"
	date := view("question", stop, acts(back, more, next), progress(4),
		visit.Heading{Title: t("Trẻ sinh ngày nào?", "When was the child born?"), Line: t("Theo giấy chứng sinh.", "As on the birth notice.")},
		visit.DatePad{Day: "02", Month: "1", Active: 1, DayLabel: t("Ngày", "Day"), MonthLabel: t("Tháng", "Month"), YearLabel: t("Năm", "Year"),
			DayID: "date:day", MonthID: "date:month", YearID: "date:year"},
		pad(visit.Digits))
	date.Step = "date"
	dateWrong := date
	dateWrong.Step = "date-wrong"
	dateWrong.Blocks = append([]visit.Block(nil), date.Blocks...)
	dateWrong.Blocks[2] = visit.DatePad{Day: "31", Month: "02", Year: "2026", Active: 0, DayLabel: t("Ngày", "Day"), MonthLabel: t("Tháng", "Month"), YearLabel: t("Năm", "Year"),
		DayID: "date:day", MonthID: "date:month", YearID: "date:year", Problem: t("Tháng 2 không có ngày 31.", "February has no 31st.")}
	choice := view("question", stop, acts(back, more, next), progress(2),
		visit.Heading{Title: t("Quý vị là ai đối với trẻ?", "Who are you to the child?")},
		visit.Options{Items: []visit.Button{
			{ID: "opt:father", Label: t("Cha", "Father"), On: true}, {ID: "opt:mother", Label: t("Mẹ", "Mother")},
			{ID: "opt:grand", Label: t("Ông, bà hoặc người thân thích khác", "A grandparent or other relative")},
			{ID: "opt:carer", Label: t("Người đang nuôi dưỡng trẻ", "Somebody who looks after the child")}}})
	choice.Step = "choice"
	ethnic := choice
	ethnic.Step = "ethnic"
	many := visit.Options{Page: 1}
	for i, o := range []string{"Kinh", "Tày", "Thái", "Mường", "Khmer", "Hoa", "Nùng", "Mông", "Dao", "Gia Rai", "Ê Đê", "Ba Na", "Sán Chay", "Chăm", "Cơ Ho"} {
		many.Items = append(many.Items, visit.Button{ID: "opt:" + itoa(i), Label: o})
	}
	ethnic.Blocks = []visit.Block{progress(7), visit.Heading{Title: t("Dân tộc của trẻ?", "The child's ethnic group?")}, many}

	papers := view("papers", stop, acts(back, more, visit.Button{ID: "next", Icon: "chevron-right", Label: t("Tôi có đủ", "I have them"), Style: visit.Primary}),
		visit.Heading{Title: t("Quý vị có sẵn giấy tờ chưa?", "Have you got the papers?"), Line: t("Chưa có đủ vẫn nộp được, cán bộ sẽ nhắn.", "You may go on without; staff will write to you.")},
		visit.Note{Icon: "circle-check", Tone: visit.Jade, Text: t("Kính chào *NGUYỄN VĂN MẪU*.", "Welcome, *NGUYỄN VĂN MẪU*.")},
		visit.Rows{Items: []visit.Row{
			{Icon: "file-text", Tone: visit.Indigo, Still: true, Title: t("Giấy chứng sinh", "Birth notice"), Line: t("Bản chính, do cơ sở y tế cấp", "The original, from the hospital")},
			{Icon: "file-text", Tone: visit.Indigo, Still: true, Title: t("Văn bản của người làm chứng xác nhận về việc sinh", "A witness's statement of the birth"), Line: t("Chỉ khi không có giấy chứng sinh", "Only without a birth notice")},
			{Icon: "id-card", Tone: visit.Indigo, Still: true, Title: t("Giấy chứng nhận kết hôn của cha mẹ", "The parents' marriage certificate"), Line: t("Nếu có", "If there is one")},
		}})

	lines := []visit.Line{
		{Label: t("Thủ tục", "Procedure"), Value: t("Đăng ký khai sinh", "Birth registration")},
		{ID: "line:who", Label: t("Người yêu cầu", "Applicant"), Value: "NGUYỄN VĂN MẪU"},
		{ID: "line:rel", Label: t("Quan hệ", "Relation"), Value: t("Cha", "Father")},
		{ID: "line:name", Label: t("Họ tên trẻ", "Child"), Value: "NGUYỄN ÁNH DƯƠNG"},
		{ID: "line:born", Label: t("Ngày sinh", "Born"), Value: "02/11/2026"},
		{ID: "line:how", Label: t("Nhận kết quả", "Result by"), Value: t("Bản điện tử + tại quầy", "Electronic + at the desk")},
		{Label: t("Lệ phí", "Fee"), Value: t("0 đ (nộp trực tuyến)", "0 đ (filed online)")},
		{Label: t("Hẹn trả", "Due"), Value: t("Hôm nay, trước 17:00", "Today, before 17:00")},
	}
	longLines := append(append([]visit.Line(nil), lines...),
		visit.Line{ID: "line:home", Label: t("Nơi cư trú của mẹ", "Mother's address"), Value: "Số 25 ngõ 132 phố Nguyễn Thái Học, Phường Cửa Nam, Thành phố Hà Nội"},
		visit.Line{ID: "line:mother", Label: t("Họ tên mẹ", "Mother"), Value: "TRẦN THỊ VÍ DỤ"},
		visit.Line{ID: "line:nation", Label: t("Quốc tịch", "Nationality"), Value: "Việt Nam"})
	consent := visit.Consent{ID: "consent", Text: t("Tôi đồng ý cho UBND phường dùng các thông tin trên để giải quyết thủ tục này.", "I agree that the ward uses the above to handle this procedure."),
		More: visit.Button{ID: "consent:more", Label: t("Đọc đầy đủ", "Read it all")}}
	ticked := consent
	ticked.Ticked = true
	submit := primary("submit", t("Nộp hồ sơ", "Submit"))
	pale := submit
	pale.Off = true
	checkTitle := visit.Heading{Title: t("Xin kiểm tra lại", "Please check"), Line: t("Chạm vào dòng cần sửa.", "Touch a line to mend it.")}
	review := view("review", stop, acts(back, more, pale), checkTitle, visit.Table{Lines: lines}, consent)
	agreed := view("review", stop, acts(back, more, submit), checkTitle, visit.Table{Lines: longLines, Page: 1}, ticked)
	agreed.Step = "agreed"
	consentFull := view("consent", stop, acts(back, more, primary("next", t("Tôi đã đọc", "I have read it"))),
		visit.Heading{Title: t("Đồng ý xử lý dữ liệu cá nhân", "Consent to the use of personal data")},
		visit.Prose{Text: t("Ủy ban nhân dân phường dùng họ tên, số định danh, ngày sinh, nơi cư trú và các câu trả lời của Quý vị để giải quyết thủ tục này, theo Luật Bảo vệ dữ liệu cá nhân.\nQuý vị có quyền biết, xem, sửa, rút lại sự đồng ý, và khiếu nại. Rút lại sự đồng ý không làm mất giá trị của việc đã làm trước đó.\nMáy này niêm phong hồ sơ ngay khi nộp; sau đó chính máy cũng không đọc lại được. Bản lưu tại máy được xóa khi trung tâm xác nhận đã nhận.\nMọi thắc mắc xin gọi *1900 1009*.",
			"The ward uses your name, personal number, date of birth, address and answers to handle this procedure, under the law on the protection of personal data.\nYou may know of it, see it, have it corrected, take your consent back, and complain. Taking it back does not undo what was done before.\nThis kiosk seals the submission as soon as it is filed; after that not even the kiosk can read it. The copy here is deleted when the centre confirms it.\nQuestions: *1900 1009*.")})

	sending := view("sending", stop, acts(back, submit), visit.Waiting{Title: t("Đang nộp hồ sơ", "Filing your submission"), Line: t("Xin Quý vị đợi trong giây lát.", "One moment, please.")})
	sending.Busy = true
	waiting := view("sending", stop, nil, visit.Waiting{Title: t("Đang nộp hồ sơ", "Filing your submission"), Line: t("Xin Quý vị đợi trong giây lát.", "One moment, please.")})
	waiting.Step = "alone"
	faces := visit.Faces{Title: t("Quý vị thấy thế nào?", "How was it?"), Items: []visit.Button{
		{ID: "rate:1", Icon: "angry", Tone: visit.Son, Label: t("Rất không hài lòng", "Very bad")},
		{ID: "rate:2", Icon: "frown", Tone: visit.Amber, Label: t("Không hài lòng", "Bad")},
		{ID: "rate:3", Icon: "meh", Tone: visit.Muted, Label: t("Bình thường", "So so")},
		{ID: "rate:4", Icon: "smile", Tone: visit.Jade, Label: t("Hài lòng", "Good")},
		{ID: "rate:5", Icon: "laugh", Tone: visit.Jade, Label: t("Rất hài lòng", "Very good")}}}
	again := visit.Button{ID: "again", Label: t("Làm việc khác", "Something else")}
	done := view("done", end, acts(again, primary("finish", t("Xong", "Done"))),
		visit.Seal{Icon: "circle-check", Tone: visit.Jade, Title: t("Trung tâm đã nhận hồ sơ", "The centre has your submission")},
		visit.Code{Label: t("Mã hồ sơ", "Dossier code"), Text: "H26.82-261121-0147"},
		visit.Card{Icon: "printer", Tone: visit.Son, Title: t("Mời Quý vị nhận giấy biên nhận", "Please take your receipt"), Line: t("ở khe phía dưới màn hình. Quét mã trên giấy để xem tiến độ.", "from the slot below the screen. Scan its code to see the progress.")},
		faces)
	stored := view("stored", end, acts(primary("receipt", t("Nhận giấy biên nhận", "Get the receipt"))),
		visit.Seal{Icon: "wifi-off", Tone: visit.Amber, Title: t("Hồ sơ đã lưu an toàn tại máy này", "Your submission is safe in this kiosk"), Line: t("Đường truyền đang gián đoạn. Máy sẽ tự gửi khi có mạng; Quý vị không cần làm lại.", "The line is down. It will be sent by itself; there is nothing to do again.")},
		visit.Table{Lines: []visit.Line{
			{Icon: "circle-check", Tone: visit.Jade, Label: t("Đã lưu, có mã tạm:", "Kept, code for now:"), Value: "CN03-7F2K"},
			{Icon: "clock", Tone: visit.Amber, Label: t("Chưa gửi tới trung tâm", "Not yet sent to the centre")},
			{Icon: "bell", Tone: visit.Indigo, Label: t("Nhắn tin cho 09•• ••• 128 khi đã nhận", "Message to 09•• ••• 128 when received")}}})
	storedRating := view("stored", end, acts(again, primary("finish", t("Xong", "Done"))), stored.Blocks[0], stored.Blocks[1],
		visit.Card{Icon: "printer", Tone: visit.Son, Title: t("Đang in giấy biên nhận", "Printing your receipt"), Line: t("Giấy ra ở khe phía dưới màn hình.", "It comes out below the screen.")}, faces)
	storedRating.Step = "rating"
	trouble := view("trouble", end, acts(primary("finish", t("Không cần giấy, kết thúc", "No paper needed, end"))),
		visit.Seal{Icon: "printer", Tone: visit.Amber, Title: t("Máy in đang hết giấy", "The printer is out of paper"), Line: t("Hồ sơ của Quý vị *đã được nhận*. Đã báo cán bộ thay giấy.", "Your submission *has been received*. Staff have been told.")},
		visit.Rows{Items: []visit.Row{
			{ID: "onscreen", Icon: "qr-code", Tone: visit.Indigo, Title: t("Chụp mã trên màn hình", "Photograph the code"), Line: t("thay cho giấy biên nhận", "in the place of a receipt")},
			{ID: "wait", Icon: "clock", Tone: visit.Indigo, Title: t("Chờ in lại", "Wait for the printer"), Line: t("khoảng 2 phút, có số thứ tự nhận giấy", "about 2 minutes, with a number")}}})
	onscreen := view("onscreen", end, acts(back, primary("finish", t("Xong", "Done"))),
		visit.Heading{Title: t("Mời Quý vị chụp mã này", "Please photograph this code"), Line: t("Mã dùng thay giấy biên nhận.", "It stands for the receipt."), Centred: true},
		visit.QR{Text: "https://dichvucong.gov.vn/tra-cuu?ma=H26.82-261121-0147", Line: t("Quét để xem tiến độ", "Scan to see the progress")},
		visit.Code{Label: t("Mã hồ sơ", "Dossier code"), Text: "H26.82-261121-0147"})
	guide := view("guide", stop, acts(back, more, visit.Button{ID: "print", Icon: "printer", Label: t("In hướng dẫn", "Print guide"), Style: visit.Strong}, primary("finish", t("Xong", "Done"))),
		visit.Heading{Title: t("Đăng ký thường trú", "Permanent residence"), Line: t("Nơi nhận: Công an phường Cửa Nam. Máy hướng dẫn Quý vị.", "Received by the ward police. This kiosk guides you.")},
		visit.Rows{Items: []visit.Row{
			{Icon: "map-pin", Tone: visit.Son, Still: true, Title: t("Nơi làm thủ tục", "Where"), Line: t("Công an phường Cửa Nam, 48 phố Tràng Thi", "Cửa Nam police, 48 Tràng Thi")},
			{Icon: "circle-dot", Tone: visit.Indigo, Still: true, Title: t("Bước 1", "Step 1"), Line: t("Khai tờ khai thay đổi thông tin cư trú (CT01)", "Fill in form CT01")},
			{Icon: "circle-dot", Tone: visit.Indigo, Still: true, Title: t("Bước 2", "Step 2"), Line: t("Nộp trên Cổng dịch vụ công hoặc ứng dụng VNeID", "File it on the portal or in VNeID")},
			{Icon: "clock", Tone: visit.Jade, Still: true, Title: t("Thời gian giải quyết", "How long it takes"), Line: t("7 ngày làm việc", "7 working days")}}},
		visit.QR{Text: "https://dichvucong.bocongan.gov.vn", Line: t("Mở trang nộp hồ sơ", "Opens the page to file it")})
	lookup := view("lookup", stop, acts(back),
		visit.Heading{Title: t("Đưa mã trên giấy biên nhận vào máy quét", "Hold the receipt's code before the scanner"), Line: t("Máy cho biết hồ sơ đang ở đâu.", "It tells where your dossier is.")},
		visit.Picture{Name: "receipt-scanner"},
		visit.Note{Icon: "circle-alert", Tone: visit.Amber, Text: t("Chưa đọc được mã. Mời Quý vị thử lại.", "The code was not read. Please try again.")})
	rated := view("done", end, acts(primary("finish", t("Xong", "Done"))), done.Blocks[0], done.Blocks[1],
		visit.Faces{Title: faces.Title, Done: t("Cảm ơn Quý vị đã góp ý.", "Thank you for telling us.")})
	rated.Step = "rated"
	goodbye := view("goodbye", end, acts(again, primary("finish", t("Xong", "Done"))),
		visit.Seal{Icon: "heart-handshake", Tone: visit.Jade, Title: t("Cảm ơn Quý vị", "Thank you"), Line: t("Thông tin của Quý vị đã được xóa khỏi máy này.", "Your data has been wiped from this kiosk.")},
		visit.Card{Icon: "house", Tone: visit.Indigo, Title: t("Lần sau Quý vị có thể nộp tại nhà", "Next time you can do it at home"), Line: "dichvucong.gov.vn › Khai sinh"})

	over := func(o visit.Over) visit.View {
		v := home
		v.Over = &o
		v.Step = o.Name
		return v
	}
	shut := primary("close", t("Đóng", "Close"))
	leave := visit.Button{ID: "leave", Label: t("Kết thúc ngay", "End now")}
	chip := func(id, label string, on bool) visit.Button {
		return visit.Button{ID: id, Label: label, Style: visit.Pale, On: on}
	}
	idle := over(visit.Over{Name: "idle", Count: 14, Of: 20, Title: t("Quý vị còn ở đây không?", "Are you still here?"),
		Line:    t("Máy sẽ xóa thông tin và về trang đầu để giữ kín cho Quý vị.", "To keep your data private, it will be wiped soon."),
		Actions: acts(primary("stay", t("Tôi còn ở đây", "I am here")), leave)})
	stopping := over(visit.Over{Name: "stop", Icon: "circle-x", Title: t("Quý vị muốn dừng lại?", "Do you want to stop?"),
		Line:    t("Những gì đã nhập sẽ được xóa.", "What you have entered will be wiped."),
		Actions: acts(primary("stay", t("Làm tiếp", "Go on")), leave)})
	hotline := over(visit.Over{Name: "hotline", Icon: "phone", Title: "1900 1009", Line: t("Tổng đài giải đáp, 24 giờ mỗi ngày. Gọi từ điện thoại của Quý vị.", "Call from your own phone, day and night."), Actions: acts(shut)})
	staff := over(visit.Over{Name: "staff", Icon: "bell", Title: t("Đã báo cán bộ", "Staff have been called"), Line: t("Cán bộ sẽ đến trong ít phút. Quý vị có thể làm tiếp.", "Somebody will come. You may go on meanwhile."), Actions: acts(shut)})
	looks := over(visit.Over{Name: "look", Icon: "a-large-small", Title: t("Cỡ chữ và màu", "Text size and colours"), Line: t("Trở lại như cũ khi Quý vị rời đi.", "Back to normal when you leave."),
		Blocks: []visit.Block{
			visit.Chips{Items: []visit.Button{chip("size:0", t("Nhỏ", "Small"), false), chip("size:1", t("Vừa", "Normal"), true), chip("size:2", t("Lớn", "Large"), false), chip("size:3", t("Rất lớn", "Very large"), false)}},
			visit.Chips{Items: []visit.Button{chip("theme:0", t("Giấy", "Paper"), true), chip("theme:1", t("Tối", "Dark"), false), chip("theme:2", t("Vàng trên đen", "Yellow on black"), false), chip("theme:3", t("Trắng trên đen", "White on black"), false)}},
			visit.Chips{Items: []visit.Button{chip("calm", t("Ít chuyển động", "Less motion"), false)}},
		}, Actions: acts(shut)})

	return append([]visit.View{attract, home, identify("card-reader"), step(identify("card-scanner"), "scanner"), procedures(0), step(procedures(1), "2"), searching, nothing,
		name, address, mail, number, date, dateWrong, choice, ethnic, papers, review, agreed, consentFull, sending, waiting,
		done, stored, storedRating, trouble, onscreen, guide, lookup, rated, goodbye, idle, stopping, hotline, staff, looks}, append(chipGallery(lang), roadGallery(lang)...)...)
}

func step(v visit.View, s string) visit.View {
	v.Step = s
	return v
}

// named is what a View's picture is called.
func named(v visit.View) string {
	if v.Step == "" {
		return v.Screen
	}
	return v.Screen + "-" + v.Step
}
