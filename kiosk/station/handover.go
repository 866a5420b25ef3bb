package station

import (
	"fmt"

	"motcua/kiosk/attachment"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/visit"
)

// Tray is where the files of the visit at hand are taken in; nil = nobody is
// here. It is the same one until the visit ends, and is then closed: whoever
// still holds it gets attachment.ErrOver, so that nothing of one visitor ever
// comes to the next.
func (s *Station) Tray() *attachment.Tray {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.inVisit {
		return nil
	}
	return s.trayHere()
}

// trayHere gives this visit's tray. s.mu is held.
func (s *Station) trayHere() *attachment.Tray {
	if s.tray == nil {
		s.tray = attachment.NewTray(s.Outbox, s.To)
	}
	return s.tray
}

// lendTray gives this visit's tray for a submission; back is called when it was
// stored.
func (s *Station) lendTray() (tray *attachment.Tray, back func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tray = s.trayHere()
	return tray, tray.Lend()
}

// clearTray deletes what was handed over and not submitted, without waiting.
func (s *Station) clearTray() {
	s.mu.Lock()
	tray := s.tray
	s.tray = nil
	s.mu.Unlock()
	if tray == nil {
		return
	}
	s.do(func() {
		if err := tray.Close(); err != nil {
			s.Log.Error("files of a visit not deleted, they are when the station starts", "err", err)
		}
	})
}

// attach finds the parts of what the visit names, and tells them as the document
// does.
func attach(named []visit.Attachment, tray *attachment.Tray) (told []contract.Attachment, parts []outbox.Part, err error) {
	for _, n := range named {
		a, ok := tray.Find(n.ID)
		if !ok {
			return nil, nil, fmt.Errorf("attachment of %s is not there", n.Question)
		}
		told = append(told, contract.Attachment{Question: n.Question, Label: n.Label, Part: a.Part.Name,
			PartSize: a.Part.Size, Media: string(a.Media), Size: a.Size, Digest: a.Digest})
		parts = append(parts, a.Part)
	}
	return told, parts, nil
}
