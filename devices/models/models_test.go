package models_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"motcua/devices/models"
)

type lamp struct {
	Name  string `yaml:"-"`
	Watts int    `yaml:"watts"`
}

func (l *lamp) check(name string) error {
	if l.Name = name; l.Watts <= 0 {
		return errors.New("watts: must be above 0")
	}
	return nil
}

func TestRead(t *testing.T) {
	table, err := models.Read([]byte("desk: {watts: 7}\nceiling: {watts: 40}\n"), (*lamp).check)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := table.All(), []lamp{{"ceiling", 40}, {"desk", 7}}; !slices.Equal(got, want) {
		t.Errorf("All = %v, want %v", got, want)
	}
	if got, err := table.Of("desk"); err != nil || got != (lamp{"desk", 7}) {
		t.Errorf("Of(desk) = %v, %v", got, err)
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"desk: {watts: 0}":                   "desk: watts",
		"desk: {watts: 7, colour: red}":      "colour",
		"desk: {watts: seven}":               "seven",
		"desk: {watts: 7}\ndesk: {watts: 8}": "desk",
		"desk":                               "",
		"{":                                  "",
	} {
		if table, err := models.Read([]byte(text), (*lamp).check); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want a fault about %q", text, table, err, want)
		}
	}
}

// No text upsets it, and what it takes has been checked.
func FuzzRead(f *testing.F) {
	f.Add([]byte("desk: {watts: 7}\nceiling: {watts: 40}\n"))
	f.Add([]byte("a: &x {watts: 1}\nb: *x\nc: {<<: *x}\n"))
	f.Add([]byte("desk: {watts: 0x10}\n? [a]\n: {}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := models.Read(b, (*lamp).check)
		if err != nil {
			return
		}
		for name, l := range table {
			if l.Name != name || l.Watts <= 0 {
				t.Errorf("%q: %+v was not checked", name, l)
			}
		}
	})
}

func ExampleTable_Of() {
	table, err := models.Read([]byte("desk: {watts: 7}\nceiling: {watts: 40}\n"), (*lamp).check)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = table.Of("floor")
	fmt.Println(err)
	// Output: no "floor"; there are ceiling, desk
}
