package hotplug

import (
	"strings"
	"testing"
)

// No message upsets the watcher, and none makes a unit of nothing.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("add@/devices/virtual/tty/ptmx\x00ACTION=add\x00DEVPATH=/devices/virtual/tty/ptmx\x00SUBSYSTEM=tty\x00SYNTH_UUID=0\x00MAJOR=5\x00MINOR=2\x00DEVNAME=ptmx\x00DEVMODE=0666\x00SEQNUM=839\x00"))
	f.Add([]byte("remove@/devices/pci0/usb1/1-1\x00ACTION=remove\x00DEVPATH=/devices/pci0/usb1/1-1\x00SUBSYSTEM=usb\x00DEVNAME=bus/usb/001/002\x00DEVTYPE=usb_device\x00PRODUCT=c2e/b6a/100\x00TYPE=9/0/1\x00"))
	f.Add([]byte("libudev\x00\xfe\xed\xca\xfe\x28\x00\x00\x00\x28\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ACTION=add\x00DEVPATH=/x\x00SUBSYSTEM=tty\x00"))
	f.Add([]byte("libudev\x00\xfe\xed\xca\xfe\x28\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			return
		}
		if m.vars["ACTION"] == "" || !strings.HasPrefix(m.vars["DEVPATH"], "/") {
			t.Fatalf("accepted %q", b)
		}
		w := &Watcher{tree: Tree{Sys: "/nowhere", Dev: "/nowhere"}, known: map[string]Unit{}}
		e, ok := w.note(b)
		if ok && (e.Unit.Sys != m.vars["DEVPATH"] || e.Action < Came || e.Action > Went) {
			t.Fatalf("%q told as %+v", b, e)
		}
	})
}

// What is written in a configuration is refused or means the same when written
// again.
func FuzzName(f *testing.F) {
	for _, s := range []string{"usb:04b8:0e15:J5%3AXK@1-2.3#00", "/dev/serial/by-id/x", "usb:::", "usb:ffff:FFFF@#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			return
		}
		if again, err := ParseName(n.String()); err != nil || again != n {
			t.Fatalf("%q is %+v, and again %+v, %v", s, n, again, err)
		}
	})
}
