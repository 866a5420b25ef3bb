package serial

import (
	"slices"
	"strings"
	"testing"
)

func TestProfiles(t *testing.T) {
	all, err := Profiles()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	if want := []string{"datalogic", "generic", "honeywell", "newland", "zebra-ssi"}; !slices.Equal(names, want) {
		t.Errorf("profiles %q; want %q", names, want)
	}
}

// Packets of SSI end in the two's complement of the sum of what is before.
func TestChecksums(t *testing.T) {
	p, err := ProfileOf("zebra-ssi")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range slices.Concat(p.Presentation, p.Host, []Command{p.On, p.Off}) {
		for _, packet := range []Bytes{c.Send, c.Ack, c.Nak} {
			if len(packet) < 2 {
				continue // a wake-up
			}
			n := len(packet) - 2
			sum := uint16(packet[n])<<8 | uint16(packet[n+1])
			for _, b := range packet[:n] {
				sum += uint16(b)
			}
			if int(packet[0]) != n || sum != 0 {
				t.Errorf("% x: length %d, sum %#x", []byte(packet), packet[0], sum)
			}
			checked++
		}
	}
	if checked < 12 {
		t.Errorf("%d packets checked", checked)
	}
}

func TestProfileFaults(t *testing.T) {
	for file, want := range map[string]string{
		"a: {source: s}": "title",
		"a: {title: t}":  "source",
		"a: {title: t, source: s, on: {send: '41'}}":                                   "host, on, off",
		"a: {title: t, source: s, presentation: [{ack: '06'}]}":                        "sends nothing",
		"a: {title: t, source: s, on: {ack: '06', nak: '15'}}":                         "ack, nak",
		"a: {title: t, source: s, every: -1}":                                          "negative",
		"a: {title: t, source: s, prefix: 'x'}":                                        "",
		"a: {title: t, source: s, colour: red}":                                        "colour",
		"a: {title: t, source: s, presentation: [{send: '41', ack: '06', nak: '15'}]}": "patience",
	} {
		if _, err := parseProfiles([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want a fault about %q", file, err, want)
		}
	}
}

// No table upsets the reader, and what it takes can be done: commands that are there,
// answers that cannot end a code.
func FuzzProfiles(f *testing.F) {
	f.Add(profiles)
	f.Add([]byte("a: {title: t, source: s, prefix: '5D 51', suffix: '0a', host: [{send: '41', ack: '06', nak: '15'}], on: {send: '42'}, off: {send: '43'}, every: 1, patience: 1}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseProfiles(b)
		if err != nil {
			return
		}
		for _, p := range all.All() {
			for _, trigger := range []Trigger{AsSet, Presentation, Host} {
				commands, err := Options{Profile: p, Trigger: trigger}.commands()
				if err != nil && (trigger != Host || len(p.On.Send) > 0) {
					t.Fatalf("%+v knows no %q: %v", p, trigger, err)
				}
				for _, c := range commands {
					if len(c.Send) == 0 {
						t.Fatalf("%+v: a command sends nothing", p)
					}
					if slices.ContainsFunc(slices.Concat(c.Ack, c.Nak), func(b byte) bool { return b == '\r' || b == '\n' }) {
						t.Fatalf("%+v: an answer ends a code", p)
					}
				}
			}
		}
	})
}
