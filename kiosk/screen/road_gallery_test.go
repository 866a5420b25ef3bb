package screen

import (
	"strings"
	"time"

	"motcua/kiosk/pack"
	"motcua/kiosk/visit"
)

// roadGallery is the road of one visit that files and of those that do not, with the
// words of the texts and of the pack.
func roadGallery(lang pack.Lang) []visit.View {
	const code = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"
	const receipt = "MOTCUA1:01932b7e-8f00-7abc-8def-0123456789ab:K7QX"
	var views []visit.View
	type walk struct {
		s   visit.State
		v   visit.View
		now time.Time
	}
	var w walk
	m := hall()
	happen := func(events ...visit.Event) {
		for _, e := range events {
			w.now = w.now.Add(time.Second)
			w.s, w.v, _ = m.Step(w.s, w.now, e)
		}
	}
	touch := func(ids ...string) {
		for _, id := range ids {
			happen(visit.Touched{ID: id})
		}
	}
	keys := func(text string) {
		for _, r := range text {
			if r == ' ' {
				touch("key:space")
			} else {
				touch("key:" + string(r))
			}
		}
	}
	begin := func() {
		w = walk{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("ICT", 7*3600))}
		w.s = m.Start(w.now)
		w.v = m.View(w.s)
		touch("lang:" + string(lang))
	}
	see := func(name string) {
		v := w.v
		v.Step = strings.Trim(v.Step+"-road-"+name, "-")
		views = append(views, v)
	}
	begin()
	see("home")
	touch("door:submit")
	see("")
	touch("more")
	see("more")
	touch("search")
	keys("khai")
	see("search")
	touch("back", "back", "door:ask", "row:1.001193")
	see("about")
	for _, guided := range []string{"1.004222"} {
		begin()
		touch("door:submit", "row:"+guided)
		see("guide")
	}
	begin()
	touch("door:submit", "row:1.001193")
	see("")
	touch("way:type")
	see("number")
	keys("00109099999")
	touch("next")
	see("number-wrong")
	begin()
	happen(visit.LinkChanged{Online: true})
	touch("door:submit", "row:1.001193")
	happen(visit.Scanned{Text: code})
	see("")
	touch("next")
	for n := 0; w.s.Page() == visit.AtQuestion && n < 60; n++ {
		see("")
		step := w.v.Step
		for _, b := range w.v.Blocks {
			switch b := b.(type) {
			case visit.Options:
				touch(b.Items[0].ID)
			case visit.DatePad:
				keys("01112026")
			case visit.Field:
				switch {
				case b.Value != "":
				case strings.HasSuffix(step, "pnum"):
					keys("001190999998")
				case strings.HasSuffix(step, "phone"):
					keys("0912345678")
				case strings.HasSuffix(step, "copies"):
					keys("1")
				default:
					keys("tran thi vi du")
				}
			}
		}
		if w.v.Step == step {
			touch("next")
		}
		if w.v.Step == step {
			touch("next")
		}
	}
	see("")
	touch("more")
	see("more")
	touch("consent:more")
	see("consent")
	touch("next", "consent", "submit")
	see("")
	sending := w
	kept := visit.Stored{ID: "01932b7e-8f00-7abc-8def-0123456789ab", Claim: "CN03-7F2K", Secret: "K7QX", LookUp: receipt}
	happen(kept)
	see("stored")
	happen(visit.Received{ID: kept.ID})
	see("received")
	happen(visit.Printed{}, visit.Received{ID: kept.ID, Dossier: "H26.82-261123-0001"})
	see("dossier")
	touch("rate:5")
	see("rated")
	touch("finish")
	see("")
	w = sending
	happen(visit.NotStored{Full: true})
	see("full")
	w = sending
	happen(kept, visit.PrintFailed{Printer: visit.PrinterNoPaper})
	see("paper")
	touch("onscreen")
	see("")
	w = sending
	happen(kept, visit.Refused{ID: kept.ID})
	see("refused")
	w = sending
	happen(visit.LinkChanged{}, kept, visit.PrintFailed{Printer: visit.PrinterAway})
	see("offline")
	begin()
	touch("door:lookup")
	see("")
	happen(visit.Scanned{Text: receipt})
	see("looking")
	happen(visit.LookedUp{Result: visit.LookUpFound, State: "lookup.state.received", Dossier: "H26.82-261123-0001",
		Title: pack.Text{VI: "Đăng ký khai sinh", EN: "Birth registration"}, Due: w.now.Add(8 * time.Hour)})
	see("")
	for _, door := range []string{"ticket", "lawyer", "feedback"} {
		begin()
		touch("door:" + door)
		see("")
	}
	return views
}
