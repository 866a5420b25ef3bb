package main

import (
	"context"
	"net/netip"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/handover"
	"motcua/kiosk/pack"
	"motcua/kiosk/station"
)

// phones makes the page on which phones hand files over; nil where none is
// configured. One that cannot be had stops nobody: papers go to the counter.
func (h *house) phones(unit pack.Unit) *station.Phones {
	c := h.config.Handover
	if c.Listen == "" {
		return nil
	}
	host := c.Host
	if at, err := netip.ParseAddrPort(c.Listen); host == "" && err == nil {
		host = at.Addr().String()
	}
	certificate := func() (handover.Certificate, error) { return handover.Files(c.Certificate, c.Key, host) }
	if c.SelfSigned {
		certificate = func() (handover.Certificate, error) { return handover.SelfSigned(host) }
	}
	show, err := certificate()
	if err != nil {
		h.log.Error("no page for phones", "err", err)
		h.troubles.Set("handover-away", time.Now())
		return nil
	}
	return &station.Phones{Wifi: c.Wifi, Warns: c.SelfSigned, Page: handover.New(handover.Options{
		Listen: c.Listen, Host: c.Host, Certificate: show, Texts: h.texts, Log: h.log.With("part", "handover"),
		Ward: pack.Text{VI: unit.Name, EN: unit.EN},
		Told: func(ready bool, err error) { h.station.PhonesTold(ready, err) },
	})}
}

// page serves the page for phones; without one there is nothing to run.
func (h *house) page() []kiosk.Part {
	if h.station.Phones == nil {
		return nil
	}
	return []kiosk.Part{{Name: "handover", Run: func(ctx context.Context) error { return h.station.Phones.Page.Run(ctx) }}}
}
