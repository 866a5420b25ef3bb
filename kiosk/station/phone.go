package station

import (
	"context"

	"motcua/kiosk/attachment"
	"motcua/kiosk/handover"
	"motcua/kiosk/visit"
)

// Phones is the page on which phones hand files over, and what a visitor is told
// of it.
type Phones struct {
	Page  *handover.Page // whose Told is Station.PhonesTold
	Wifi  string         // name of the network that phones must be in; "" = not told
	Warns bool           // phones do not know the page's certificate
}

// PhonesTold keeps the page's trouble true and the visit informed. It is for
// handover.Options.Told.
func (s *Station) PhonesTold(ready bool, err error) {
	s.mend("handover-away", "", ready, err)
	s.Post(visit.HandoverChanged{Ready: ready})
}

// openHandover opens the page for one question of the visit at hand. What it
// tells after that visit ended is told to nobody.
func (s *Station) openHandover(t visit.OpenHandover) {
	tray := s.Tray()
	if s.Phones == nil || tray == nil {
		return
	}
	post := func(e visit.Event) { s.postFor(tray, e) }
	at, ok := s.Phones.Page.Open(handover.Ask{
		Label: t.Label, Tray: tray,
		Coming: func() { post(visit.FileComing{Question: t.Question}) },
		Arrived: func(a attachment.Attachment) {
			s.Log.Info("file taken", "question", t.Question, "media", string(a.Media), "bytes", a.Size)
			post(visit.FileArrived{File: visit.Attachment{ID: a.ID(), Question: t.Question, Media: string(a.Media), Size: a.Size}})
		},
		Refused: func(key string) { post(visit.FileRefused{Question: t.Question, Why: key}) },
	})
	if !ok {
		s.Post(visit.HandoverChanged{})
		return
	}
	s.Post(visit.HandoverOpened{Question: t.Question, URL: at.URL, Code: at.Code, Wifi: s.Phones.Wifi, Warns: s.Phones.Warns})
}

// postFor tells the visit whose tray it is; after its end, nobody.
func (s *Station) postFor(tray *attachment.Tray, e visit.Event) {
	s.mu.Lock()
	ours := s.tray == tray
	s.mu.Unlock()
	if ours {
		s.Post(e)
	}
}

// closeHandover closes the page, if one is open.
func (s *Station) closeHandover() {
	if s.Phones != nil {
		s.Phones.Page.Close()
	}
}

// dropFile lets go a file of the visit at hand.
func (s *Station) dropFile(ctx context.Context, id string) {
	tray := s.Tray()
	if tray == nil {
		return
	}
	s.do(func() {
		if err := tray.Drop(context.WithoutCancel(ctx), id); err != nil {
			s.Log.Error("file not deleted, it is when the visit ends", "err", err)
		}
	})
}
