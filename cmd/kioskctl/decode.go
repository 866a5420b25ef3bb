package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"motcua/devices/barcode/picture"
	"motcua/kiosk/identity"
)

type decodeCmd struct {
	Files []string `arg:"" name:"file" help:"Pictures: PNG, JPEG or PGM."`
	Show  bool     `help:"Print what the codes say as well. That may be somebody's personal data."`
}

// Help lists the exit codes.
func (decodeCmd) Help() string {
	return "Read the QR codes in pictures as a camera of the kiosk would.\n\n" + exitCodes
}

// decoded is what was seen in one picture.
type decoded struct {
	File    string  `json:"file"`
	Kind    string  `json:"kind,omitempty"` // none if there is no code
	Fields  int     `json:"fields,omitempty"`
	Length  int     `json:"length,omitempty"`  // bytes
	Version int     `json:"version,omitempty"` // of the code, 1 to 40
	Way     string  `json:"way,omitempty"`     // which of the tries read it
	Took    float64 `json:"ms"`
	Fault   string  `json:"fault,omitempty"` // why there is no code, or the card is none to use
	Text    string  `json:"text,omitempty"`
}

// Run prints a line for each picture. It fails if there is one without a code.
func (c decodeCmd) Run(d *desk) error {
	var reader picture.Reader
	all, without := make([]decoded, 0, len(c.Files)), 0
	for _, file := range c.Files {
		seen := c.read(&reader, file, d.now)
		if seen.Kind == "" {
			without++
		}
		all = append(all, seen)
	}
	err := d.give(all, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "FILE\tKIND\tFIELDS\tLENGTH\tVERSION\tWAY\tTOOK\tNOTE")
		for _, s := range all {
			note := s.Fault
			if s.Text != "" {
				note = strings.TrimLeft(note+" "+fmt.Sprintf("%q", s.Text), " ")
			}
			row(w, s.File, s.Kind, count(s.Fields), count(s.Length), count(s.Version), s.Way, fmt.Sprintf("%.1f ms", s.Took), note)
		}
	})
	if err == nil && without > 0 {
		err = fmt.Errorf("no code was read in %d of %d pictures", without, len(all))
	}
	return err
}

// read reads one picture.
func (c decodeCmd) read(reader *picture.Reader, file string, now time.Time) decoded {
	seen := decoded{File: file}
	f, err := os.Open(file)
	if err != nil {
		seen.Fault = err.Error()
		return seen
	}
	defer f.Close()
	img, err := picture.Load(f)
	if err != nil {
		seen.Fault = err.Error()
		return seen
	}
	began := time.Now()
	found, err := reader.Read(img)
	seen.Took = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		seen.Fault = err.Error()
		return seen
	}
	is, err := identity.Read(found.Text, now)
	if err != nil {
		seen.Fault = err.Error() // it names no field's content
	}
	seen.Kind, seen.Fields, seen.Length = is.Kind.String(), 1+strings.Count(found.Text, "|"), len(found.Raw)
	seen.Version, seen.Way = found.Version, found.Way
	if c.Show {
		seen.Text = found.Text
	}
	return seen
}

// count gives a number for a table, in which none is left out.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
