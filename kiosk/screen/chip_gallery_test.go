package screen

import (
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
	"motcua/kiosk/visit"
)

// hall is a station with every peripheral, and the day of the gallery.
var hall = sync.OnceValue(func() *visit.Machine {
	sub := func(dir string) fs.FS {
		f, err := fs.Sub(os.DirFS("../../assets"), dir)
		if err != nil {
			panic(err)
		}
		return f
	}
	texts, err := text.Load(sub("text"))
	if err != nil {
		panic(err)
	}
	p, err := pack.Load(sub("packs/hanoi"))
	if err != nil {
		panic(err)
	}
	unit, ok := p.Unit("00082")
	if !ok {
		panic("no unit 00082 in the pack")
	}
	return visit.New(visit.Place{Texts: texts, Pack: p, Unit: unit, Station: "CN-03", HasScanner: true, HasReader: true, HasPrinter: true, HasPIN: true})
})

// chipGallery is every view that a card and its chip bring about, as the visit
// makes them.
func chipGallery(lang pack.Lang) []visit.View {
	const code = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"
	empty, card := visit.ReaderChanged{Reader: visit.ReaderEmpty}, visit.ReaderChanged{Reader: visit.ReaderCard}
	failed := func(why visit.ChipProblem) visit.Event { return visit.ChipFailed{Why: why} }
	touch := func(ids ...string) []visit.Event {
		var out []visit.Event
		for _, id := range ids {
			out = append(out, visit.Touched{ID: id})
		}
		return out
	}
	views := []visit.View{}
	add := func(name string, roads ...[]visit.Event) {
		m := hall()
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("ICT", 7*3600))
		s, v := m.Start(now), visit.View{}
		for _, road := range roads {
			for _, e := range road {
				now = now.Add(time.Second)
				s, v, _ = m.Step(s, now, e)
			}
		}
		if name != "" && strings.HasPrefix(v.Screen, "duty") {
			name = "-" + name
		}
		if !strings.HasPrefix(v.Screen, "duty") {
			v.Step = "" // the name says it
		}
		v.Step = strings.TrimPrefix(v.Step+name, "-")
		views = append(views, v)
	}
	events := func(e ...visit.Event) []visit.Event { return e }
	begin := append(events(empty), touch("lang:"+string(lang), "door:submit", "row:1.001193")...)
	blind := events(visit.ScannerChanged{})
	number := touch("way:type", "key:0", "key:0", "key:1", "key:0", "key:9", "key:0", "key:9", "key:9", "key:9", "key:9", "key:9", "key:9", "next")
	scanned, laid := events(visit.Scanned{Text: code}), events(card)

	add("reader", begin)
	add("reader-noscanner", begin, blind)
	add("card", begin, laid)
	add("card-noscanner", begin, blind, laid)
	add("crowded", begin, events(visit.ReaderChanged{Reader: visit.ReaderCrowded}))
	add("card-garbled", begin, laid, events(visit.Garbled{}))
	for way, road := range [][]visit.Event{scanned, number} {
		suffix := [...]string{"", "-typed"}[way]
		add("lay"+suffix, begin, road)
		add("reading"+suffix, begin, road, laid, events(visit.ChipReached{Step: visit.ChipReading}, visit.ChipReached{Step: visit.ChipProving}))
		add("locked"+suffix, begin, road, laid, events(failed(visit.ChipLocked)))
		add("differs"+suffix, begin, road, laid, events(failed(visit.ChipDiffers)))
		add("refused"+suffix, begin, road, laid, events(failed(visit.ChipRefused)))
		add("away"+suffix, begin, road, laid, events(visit.ReaderChanged{}))
	}
	add("lifted", begin, scanned, laid, events(failed(visit.ChipLifted)))
	add("two", begin, scanned, laid, events(failed(visit.ChipCrowded)))
	add("unknown", begin, scanned, laid, events(failed(visit.ChipUnknown)))
	add("unreadable", begin, scanned, laid, events(failed(visit.ChipUnreadable)))
	again := append(touch("retry"), failed(visit.ChipUnreadable))
	add("spent", begin, scanned, laid, events(failed(visit.ChipUnreadable)), again, again)
	person := identity.Person{Number: "001090999999", Name: "Nguyễn Văn Mẫu", Born: time.Date(1990, 1, 31, 0, 0, 0, 0, time.UTC),
		Sex: "Nam", Address: "Số 1 Phố Mẫu, Phường Mẫu, Hà Nội", Never: true, Assurance: identity.ChipGenuine}
	add("chip", begin, scanned, laid, events(visit.ChipRead{Person: person}))
	gone := person
	gone.Never, gone.Expires = false, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	add("expired", begin, scanned, laid, events(visit.ChipRead{Person: gone}))

	asked := append(events(visit.HandoverChanged{Ready: true}), touch("lang:"+string(lang), "door:submit", "row:1.001193")...)
	asked = append(append(asked, scanned...), touch("next", "opt:cha", "next", "opt:giay", "next")...)
	const notice = "b_notice_photo"
	page := visit.HandoverOpened{Question: notice, URL: "https://kiosk-03.cuanam.example:8443/ABCDEFGHIJKLMNOPQRSTUVWXYZ", Code: "K7 3P", Wifi: "Phuong-Cua-Nam"}
	own := page
	own.URL, own.Wifi, own.Warns = "https://192.168.10.5:8443/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "", true
	file := func(n int) []visit.Event {
		var out []visit.Event
		for i := range n {
			media := []string{"image/jpeg", "image/jpeg", "application/pdf"}[i%3]
			out = append(out, visit.FileArrived{File: visit.Attachment{ID: itoa(i), Question: notice, Media: media, Size: int64(2_345_678 * (i + 1))}})
		}
		return out
	}
	add("file", asked, events(page))
	add("file-own", asked, events(own))
	add("file-seen", asked, events(page, visit.FileComing{Question: notice}))
	add("file-one", asked, events(page), file(1))
	add("file-many", asked, events(page), file(7))
	add("file-refused", asked, events(page), file(2), events(visit.FileRefused{Question: notice, Why: "attach.no.kind"}))
	add("file-remove", asked, events(page), file(2), touch("file:2"))
	shoot := events(visit.CameraChanged{Ready: true})
	add("picture", shoot, asked, events(visit.HandoverChanged{}))
	add("picture-beside", shoot, asked, events(page))
	add("picture-own", shoot, asked, events(own))
	add("picture-many", shoot, asked, events(page), file(7))
	add("picture-taking", shoot, asked, events(own), file(1), touch("picture"))
	add("picture-failed", shoot, asked, events(page, visit.FileRefused{Question: notice, Why: "picture.failed"}))
	add("picture-away", shoot, asked, events(visit.HandoverChanged{}), touch("picture"), events(visit.CameraChanged{}))
	add("file-away", asked, events(page), file(1), events(visit.HandoverChanged{}))

	key := func(digits string) []visit.Event {
		var out []visit.Event
		for _, d := range digits {
			out = append(out, visit.Touched{ID: "key:" + string(d)})
		}
		return out
	}
	morning := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("ICT", 7*3600))
	parts := events(visit.PartsChanged{Parts: []visit.Part{
		{Thing: "printer", Model: "EPSON TM-T82III", State: visit.PartFaulty, Trouble: "printer-paper", Since: morning},
		{Thing: "scanner", Model: "Honeywell 7580g", State: visit.PartFaulty, Trouble: "scanner-away", Since: morning},
		{Thing: "reader", Model: "ACS ACR1252 Dual Reader PICC", State: visit.PartReady},
		{Thing: "speaker", State: visit.PartSilent},
		{Thing: "central", State: visit.PartWarning, Trouble: "central-away", Since: morning.Add(-30 * time.Hour)},
		{Thing: "outbox", State: visit.PartReady}, {Thing: "clock", State: visit.PartUnknown}}})
	lang2 := touch("lang:" + string(lang))
	add("called", lang2, touch("staff"))
	pin := append(lang2, touch("staff", "duty")...)
	add("", pin, key("246"))
	add("wrong", pin, key("2468"), touch("next"), events(visit.PINChecked{}))
	staff := append(append(pin, key("2468")...), append(touch("next"), visit.PINChecked{Right: true})...)
	add("", parts, staff)
	add("none", staff)
	for _, id := range []string{"printer", "scanner", "reader", "central"} {
		add("", parts, staff, touch("part:"+id))
	}
	compare := append(append(events(empty), staff...), visit.Touched{ID: "portrait"})
	add("asked", compare, key("999"))
	add("short", compare, key("999"), touch("next"))
	add("blind", blind, compare)
	add("wrong", compare, events(visit.Scanned{Text: "https://example.vn"}))
	add("", compare, scanned)
	read := append(append(compare, laid...), scanned...)
	add("", read, events(visit.ChipReached{Step: visit.ChipReading}))
	for why := visit.ChipLifted; why <= visit.ChipUnreadable; why++ {
		add("", read, events(failed(why)))
	}
	add("typed", compare, laid, key("999999"), touch("next"), events(failed(visit.ChipLocked)))
	add("", compare, events(visit.ReaderChanged{}))
	for _, level := range []identity.Assurance{identity.ChipRead, identity.ChipVerified, identity.ChipGenuine} {
		add(string(level), read, events(visit.PortraitRead{ID: "face", Assurance: level}))
	}
	add("gone", read, events(visit.PortraitRead{ID: "face", Assurance: identity.ChipGenuine}, empty))
	for _, lack := range []string{visit.PortraitNone, visit.PortraitKind, visit.PortraitSpoiled} {
		add("", read, events(visit.PortraitRead{Lack: lack, Assurance: identity.ChipVerified}))
	}
	stock := visit.OutboxSeen{Waiting: 12, Oldest: morning.Add(-26 * time.Hour), Stick: true}
	for i, code := range []string{"procedure-guided", "other-content", "unheard-of", "attachment-damaged", "key-expired", "procedure-unknown", "damaged-on-disk"} {
		stock.Stuck = append(stock.Stuck, visit.Stuck{ID: itoa(i), Claim: "CN03-7F2" + itoa(i), Code: code, Owner: []string{"staff", "central", "citizen", "technician"}[i%4],
			Text: "Chữ ký không phải của trạm đã ghi danh", Next: "Giữ bản tại trạm, báo kỹ thuật đối chiếu hai bản.", Stored: morning})
	}
	shelf := touch("part:outbox")
	add("looking", parts, staff, shelf)
	add("empty", parts, staff, shelf, events(visit.OutboxSeen{}))
	add("", parts, staff, shelf, events(stock))
	add("exported", parts, staff, shelf, events(stock), touch("export"), events(visit.OutboxDone{Work: visit.WorkExported, N: 12}))
	add("", parts, staff, shelf, events(stock), touch("stuck:1"))
	add("other", parts, staff, shelf, events(stock), touch("stuck:3"))
	paper := touch("part:printer", "paper")
	add("", parts, staff, paper)
	add("", parts, staff, paper, touch("next"))
	open := events(visit.PrinterChanged{Printer: visit.PrinterOpen})
	add("", parts, staff, paper, open, touch("next"))
	add("open", parts, staff, paper, open, touch("next", "next"))
	shut := append(open, visit.PrinterChanged{})
	add("", parts, staff, paper, shut)
	add("failed", parts, staff, paper, shut, events(visit.TestPrinted{Printer: visit.PrinterNoPaper}))
	add("look", parts, staff, paper, shut, events(visit.TestPrinted{}))
	out := append(shut, visit.TestPrinted{Code: "1"})
	add("", parts, staff, paper, out)
	add("other", parts, staff, paper, out, events(visit.Scanned{Text: "2"}))
	add("", parts, staff, paper, out, events(visit.Scanned{Text: "1"}))
	return views
}
