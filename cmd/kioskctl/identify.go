package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/pelletier/go-toml/v2"

	"motcua/devices/known"
	"motcua/kiosk/config"
)

// errNothing: nothing of that description is plugged in.
var errNothing = errors.New("nothing of that description is plugged in")

type identifyCmd struct {
	kernel
	Config string `default:"${config}" placeholder:"PATH" help:"The station's configuration, to tell what is in it already (${config})."`
	Unit   string `arg:"" optional:"" help:"Only this one: its USB ids, its socket, or a word of its name."`
}

// Help lists the exit codes.
func (identifyCmd) Help() string {
	return "Nothing is opened: the kiosk may run.\n\n" + exitCodes
}

// identified is one thing that is plugged in, as it is told.
type identified struct {
	Title      string    `json:"title"`
	IDs        string    `json:"ids,omitempty"`
	Socket     string    `json:"socket,omitempty"`
	Plate      string    `json:"plate,omitempty"`
	Faces      []string  `json:"interfaces"`
	Source     string    `json:"source,omitempty"`   // of the title, if it is from the list
	Verified   string    `json:"verified,omitempty"` // on metal, when and by whom
	Configured string    `json:"configured,omitempty"`
	Fits       []fitting `json:"fits,omitempty"`
	Try        string    `json:"try,omitempty"`
}

// fitting is one way to use it.
type fitting struct {
	Driver string `json:"driver"`
	Thing  string `json:"thing"`
	Why    string `json:"why"`
	If     string `json:"if,omitempty"`
	Lines  string `json:"lines"` // of the configuration
}

// Run tells what each thing is.
func (c identifyCmd) Run(d *desk) error {
	finds, err := c.finds()
	if err != nil {
		return err
	}
	cfg, err := config.Read(c.Config)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(d.words, "kioskctl: the configuration is at fault, so what is in it is not told: %v\n", err)
	}
	var all []identified
	for _, f := range finds {
		if c.wanted(f) {
			all = append(all, c.identify(f, cfg))
		}
	}
	if len(all) == 0 && c.Unit != "" {
		return fmt.Errorf("%w: %q", errNothing, c.Unit)
	}
	return d.give(all, func(w *tabwriter.Writer) {
		for i, f := range all {
			if i > 0 {
				fmt.Fprintln(w)
			}
			f.write(w)
		}
	})
}

func (c identifyCmd) wanted(f known.Find) bool {
	return c.Unit == "" || c.Unit == f.Socket || strings.EqualFold(c.Unit, f.IDs()) ||
		strings.Contains(strings.ToLower(f.Title()+" "+plate(f.Plate)), strings.ToLower(c.Unit))
}

func (c identifyCmd) identify(f known.Find, cfg config.Config) identified {
	told := identified{Title: f.Title(), IDs: f.IDs(), Socket: f.Socket, Plate: plate(f.Plate), Faces: []string{},
		Source: f.Unit.Source, Verified: f.Unit.Verified, Try: f.Try}
	for _, a := range f.Faces {
		told.Faces = append(told.Faces, a.String())
	}
	for _, p := range cfg.Peripherals {
		if means(p, f, c.tree()) {
			told.Configured = p.Name
			break
		}
	}
	for _, fit := range f.Fits {
		told.Fits = append(told.Fits, fitting{fit.Driver, fit.Thing, fit.Why, fit.If, lines(fit, freeName(fit.Thing, cfg))})
	}
	return told
}

// usual names units as the documents do.
var usual = map[string]string{"barcode": "scanner", "camera": "camera", "card": "reader", "receipt": "printer", "sound": "speaker"}

// freeName is the usual name of a thing, with a number where it is taken.
func freeName(thing string, cfg config.Config) string {
	name := usual[thing]
	for n := 2; slices.ContainsFunc(cfg.Peripherals, func(p config.Peripheral) bool { return p.Name == name }); n++ {
		name = usual[thing] + "-" + strconv.Itoa(n)
	}
	return name
}

// lines are what to paste into the configuration.
func lines(f known.Fit, name string) string {
	var b strings.Builder
	fmt.Fprintln(&b, "[[peripheral]]")
	for _, k := range []struct{ key, value string }{
		{"name", name}, {"thing", f.Thing}, {"driver", f.Driver}, {"port", f.Port}, {"usb", f.USB}, {"kind", f.Kind},
		{"reader", f.Reader}, {"card", f.Card}, {"profile", f.Profile},
	} {
		if k.value != "" {
			fmt.Fprintf(&b, "%s = %s\n", k.key, quoted(k.value))
		}
	}
	if f.Interface != 0 {
		fmt.Fprintf(&b, "interface = %d\n", f.Interface)
	}
	return b.String()
}

// quoted is a string of TOML, in double quotes where that needs no escapes: udev
// puts backslashes into the links of units with strange names.
func quoted(s string) string {
	if q := strconv.QuoteToASCII(s); q == `"`+s+`"` {
		return q
	}
	b, err := toml.Marshal(map[string]string{"k": s})
	if err != nil {
		return strconv.QuoteToASCII(s) // not reached: any string can be written
	}
	return strings.TrimSpace(strings.TrimPrefix(string(b), "k = "))
}

func (f identified) write(w *tabwriter.Writer) {
	head := f.Title
	if f.IDs != "" {
		head += " (" + f.IDs + " in socket " + f.Socket + ")"
	}
	fmt.Fprintln(w, head)
	apart := false // a paragraph was written that the next line must stand off from
	part := func(label, text string) {
		if text == "" {
			return
		}
		if apart {
			fmt.Fprintln(w)
		}
		apart = false
		fmt.Fprintf(w, "  %-6s  %s\n", label, text)
	}
	part("plate", f.Plate)
	for i, face := range f.Faces {
		part([]string{"seen", ""}[min(i, 1)], face)
	}
	switch {
	case f.Verified != "":
		part("known", f.Source+"; seen on metal "+f.Verified)
	case f.Source != "":
		part("known", f.Source+"; not yet seen on metal")
	}
	if f.Configured != "" {
		part("in use", "configured as "+f.Configured)
	}
	for _, each := range f.Fits {
		part("fits", each.Driver+" as "+each.Thing+". "+each.Why)
		part("if", each.If)
		if f.Configured == "" {
			fmt.Fprintln(w)
			for line := range strings.Lines(each.Lines) {
				fmt.Fprint(w, "    ", line)
			}
			apart = true
		}
	}
	part("try", f.Try)
}
