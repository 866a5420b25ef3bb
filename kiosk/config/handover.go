package config

import (
	"net/netip"
	"regexp"
)

// Handover is the page on which phones hand photos of papers over, in the ward's
// Wi-Fi. It is off unless Listen says where.
type Handover struct {
	Listen string `toml:"listen"` // "192.168.10.5:8443", an address of this machine; "" = there is no page
	// Host is what phones call the station, without a port: a name that the
	// ward's DNS knows and the certificate names.
	Host        string `toml:"host"`
	Certificate string `toml:"certificate"` // PEM file, with its chain; looked at again when it is replaced
	Key         string `toml:"key"`         // PEM file
	// SelfSigned has the station make a certificate itself. Every phone warns of
	// it, and nobody can tell the station from an impostor in the same Wi-Fi: for
	// trying out only. Host may then be left out.
	SelfSigned bool   `toml:"self_signed"`
	Wifi       string `toml:"wifi"` // name of the network, shown to visitors; "" = not shown
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// check reports what is wrong.
func (h Handover) check(fault func(key, format string, args ...any)) {
	if h.Listen == "" {
		if h != (Handover{}) {
			fault("handover.listen", "handover.listen says where the page is served, like \"192.168.10.5:8443\"; without it the rest of [handover] means nothing")
		}
		return
	}
	at, err := netip.ParseAddrPort(h.Listen)
	if err != nil || at.Port() == 0 {
		fault("handover.listen", "handover.listen is an address and port of this machine in the ward's Wi-Fi, like \"192.168.10.5:8443\"; got %q", h.Listen)
	}
	files := h.Certificate != "" && h.Key != ""
	switch {
	case h.SelfSigned && (h.Certificate != "" || h.Key != ""):
		fault("handover.self_signed", "handover has a certificate of its own or is self_signed, not both")
	case !h.SelfSigned && !files:
		fault("handover.certificate", "handover needs certificate and key, PEM files that phones trust; self_signed = true makes one that every phone warns of")
	}
	switch {
	case h.Host != "" && !hostName.MatchString(h.Host):
		fault("handover.host", "handover.host is a name such as \"kiosk-03.phuong.example\", in small letters and without a port; got %q", h.Host)
	case h.Host == "" && !h.SelfSigned:
		fault("handover.host", "handover.host is the name that the certificate is for")
	case h.Host == "" && err == nil && at.Addr().IsUnspecified():
		fault("handover.host", "handover.host must say what phones call the station, as listen names no one address")
	}
	if len(h.Wifi) > 32 {
		fault("handover.wifi", "handover.wifi is the name of a network, of 32 bytes at most (IEEE 802.11-2020, 9.4.2.2)")
	}
}
