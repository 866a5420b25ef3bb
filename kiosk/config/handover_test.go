package config

import (
	"strings"
	"testing"
)

func TestHandover(t *testing.T) {
	pair := Handover{Listen: "192.168.10.5:8443", Host: "kiosk-03.phuong.example", Certificate: "/etc/kiosk/page.pem", Key: "/etc/kiosk/page.key"}
	self := Handover{Listen: "192.168.10.5:8443", SelfSigned: true}
	with := func(h Handover, change func(*Handover)) Handover { change(&h); return h }
	for _, c := range []struct {
		name string
		h    Handover
		want string // key of the fault; "" = none
	}{
		{"off", Handover{}, ""},
		{"with a certificate", pair, ""},
		{"self-signed", self, ""},
		{"self-signed on every address", with(self, func(h *Handover) { h.Listen = "0.0.0.0:8443" }), "handover.host"},
		{"nowhere", with(pair, func(h *Handover) { h.Listen = "" }), "handover.listen"},
		{"no port", with(pair, func(h *Handover) { h.Listen = "192.168.10.5" }), "handover.listen"},
		{"any port", with(pair, func(h *Handover) { h.Listen = "192.168.10.5:0" }), "handover.listen"},
		{"a name to listen on", with(pair, func(h *Handover) { h.Listen = "kiosk:8443" }), "handover.listen"},
		{"no key", with(pair, func(h *Handover) { h.Key = "" }), "handover.certificate"},
		{"nothing", Handover{Listen: "192.168.10.5:8443", Host: "a.example"}, "handover.certificate"},
		{"both", with(pair, func(h *Handover) { h.SelfSigned = true }), "handover.self_signed"},
		{"no host", with(pair, func(h *Handover) { h.Host = "" }), "handover.host"},
		{"a host with a port", with(pair, func(h *Handover) { h.Host = "kiosk:8443" }), "handover.host"},
		{"a long network", with(pair, func(h *Handover) { h.Wifi = strings.Repeat("a", 33) }), "handover.wifi"},
	} {
		var got []string
		c.h.check(func(key, _ string, _ ...any) { got = append(got, key) })
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0] != c.want) {
			t.Errorf("%s: faults %q, want %q", c.name, got, c.want)
		}
	}
}
