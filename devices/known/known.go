// Package known says what a unit is that is plugged in, and which driver fits it.
//
// The kernel gives the unit's USB ids, its plate, and for each of its interfaces
// what it is by its class (USB-IF, Defined Class Codes) or, for HID, by the usages
// that its report descriptor names (HID 1.11, section 6.2.2; HID Usage Tables 1.5).
// A list, units.yaml, adds what no interface tells: the model behind the ids and
// the profile of its commands. Only sysfs is read; no unit is opened, so that a
// running kiosk keeps what it holds.
//
// Faults that were put in on purpose, and the test that found each:
//
//	inner collections told as the unit's              TestLook, TestUsages
//	the usage of a field kept for a collection        TestUsages
//	a popped page not put back                        TestUsages
//	every node given to every interface               TestLook
//	an interface's alternate setting for its number   TestLook
//	a camera's second node taken                      TestLook
//	an office printer taken for a receipt printer     TestLook
//	a reader that the kernel holds not told           TestLook
//	twins on HID not told                             TestLookAtTwins
//	the model's entry not found                       TestLook
package known

import (
	_ "embed" // units.yaml
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"motcua/devices/models"
)

//go:embed units.yaml
var list []byte

// Unit is an entry of the list: what is known of all units with these ids.
type Unit struct {
	Title    string `yaml:"title"`   // maker and model
	Thing    string `yaml:"thing"`   // barcode, card, receipt; adapter = a line to something else
	Profile  string `yaml:"profile"` // of its commands; "" = not known or none
	Reader   string `yaml:"reader"`  // a part of its name in PC/SC
	Note     string `yaml:"note"`    // what must be known of it
	Source   string `yaml:"source"`  // where this was read
	Verified string `yaml:"verified"`

	Maker bool `yaml:"-"` // the entry is of the maker, not of the model
}

// List is what is known, by USB ids.
type List struct{ units models.Table[Unit] }

// Known gives the list that is built in. It fails only where the list is at fault,
// which a test rules out.
func Known() (List, error) { return read(list) }

func read(text []byte) (List, error) {
	units, err := models.Read(text, (*Unit).check)
	if err != nil {
		return List{}, fmt.Errorf("known units: %w", err)
	}
	return List{units}, nil
}

func (u *Unit) check(ids string) error {
	vid, pid, model := strings.Cut(ids, ":")
	u.Maker = !model
	switch {
	case !hex4(vid) || model && !hex4(pid):
		return errors.New("neither VID:PID nor VID, in lower case")
	case !slices.Contains([]string{"barcode", "card", "receipt", "adapter"}, u.Thing):
		return fmt.Errorf("no such thing: %q", u.Thing)
	case u.Title == "" || u.Source == "":
		return errors.New("title and source are needed")
	}
	return nil
}

func hex4(s string) bool {
	_, err := strconv.ParseUint(s, 16, 16)
	return err == nil && len(s) == 4 && s == strings.ToLower(s)
}

// Of gives the entry of a unit with these ids, else that of its maker.
func (l List) Of(vid, pid uint16) (Unit, bool) {
	if u, ok := l.units[fmt.Sprintf("%04x:%04x", vid, pid)]; ok {
		return u, true
	}
	u, ok := l.units[fmt.Sprintf("%04x", vid)]
	return u, ok
}
