package serial

import (
	"bytes"
	_ "embed" // profiles.yaml
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"motcua/devices/models"
)

//go:embed profiles.yaml
var profiles []byte

// Bytes are written as hexadecimal pairs: "16 54 0D".
type Bytes []byte

// UnmarshalYAML reads the pairs.
func (b *Bytes) UnmarshalYAML(text []byte) (err error) {
	var s string
	if err := yaml.Unmarshal(text, &s); err != nil {
		return err
	}
	*b, err = hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	return err
}

// Command is what is sent to a unit, and what it answers: Ack for yes, Nak for no.
// A unit that answers nothing has neither.
type Command struct {
	Send Bytes `yaml:"send"`
	Ack  Bytes `yaml:"ack"`
	Nak  Bytes `yaml:"nak"`
}

// Profile is how a family of scanners is told when to read. The meaning of each
// field stands on top of profiles.yaml. The zero Profile sends nothing.
type Profile struct {
	Name         string    `yaml:"-"`
	Title        string    `yaml:"title"`
	Prefix       Bytes     `yaml:"prefix"`
	Suffix       Bytes     `yaml:"suffix"`
	Presentation []Command `yaml:"presentation"`
	Host         []Command `yaml:"host"`
	On           Command   `yaml:"on"`
	Off          Command   `yaml:"off"`
	Every        int       `yaml:"every"`
	Patience     int       `yaml:"patience"`
	Source       string    `yaml:"source"`
	Verified     string    `yaml:"verified"`
}

// Profiles gives every known profile, in the order of their names.
func Profiles() ([]Profile, error) {
	all, err := parseProfiles(profiles)
	return all.All(), err
}

// ProfileOf gives the profile of that name; the error lists the names there are.
func ProfileOf(name string) (Profile, error) {
	all, err := parseProfiles(profiles)
	if err != nil {
		return Profile{}, err
	}
	p, err := all.Of(name)
	if err != nil {
		return Profile{}, fmt.Errorf("scanner profile: %w", err)
	}
	return p, nil
}

func parseProfiles(text []byte) (models.Table[Profile], error) {
	all, err := models.Read(text, (*Profile).check)
	if err != nil {
		return nil, fmt.Errorf("scanner profiles: %w", err)
	}
	return all, nil
}

func (p *Profile) check(name string) error {
	p.Name = name
	switch {
	case p.Title == "":
		return errors.New("title: must name the units")
	case p.Source == "":
		return errors.New("source: must say where this was read")
	case p.Every < 0 || p.Patience < 0:
		return errors.New("every, patience: must not be negative")
	case (len(p.On.Send) == 0) != (len(p.Off.Send) == 0) || len(p.On.Send) > 0 && (len(p.Host) == 0 || p.Every == 0):
		return errors.New("host, on, off, every: must all be there or none")
	}
	setUp := slices.Concat(p.Presentation, p.Host)
	if slices.ContainsFunc(setUp, func(c Command) bool { return len(c.Send) == 0 }) {
		return errors.New("presentation, host: a command sends nothing")
	}
	for _, c := range append(setUp, p.On, p.Off) {
		switch {
		case len(c.Send) == 0 && (len(c.Ack) > 0 || len(c.Nak) > 0):
			return errors.New("ack, nak: nothing is sent that they answer")
		case (len(c.Ack) == 0) != (len(c.Nak) == 0):
			return errors.New("ack, nak: must both be there or none")
		case bytes.ContainsAny(slices.Concat(c.Ack, c.Nak), "\r\n"):
			return errors.New("ack, nak: must not hold what ends a code, CR or LF")
		case len(c.Ack) > 0 && p.Patience == 0:
			return errors.New("patience: must be above 0 for a unit that answers")
		}
	}
	return nil
}
