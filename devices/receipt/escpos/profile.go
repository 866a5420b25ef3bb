package escpos

import (
	_ "embed" // profiles.yaml
	"errors"
	"fmt"
	"slices"

	"motcua/devices/models"
)

//go:embed profiles.yaml
var profiles []byte

// Cut is how a model parts a slip from the roll.
type Cut string

// The ways to cut. Feeding ones move the slip's end up to the cutter by
// themselves; after the others the tail must be long enough for that.
const (
	FeedPartial Cut = "feed-partial" // GS V 66
	FeedFull    Cut = "feed-full"    // GS V 65
	Partial     Cut = "partial"      // GS V 1
	Full        Cut = "full"         // GS V 0
	Total       Cut = "total"        // ESC i, of kiosk printers
	NoCut       Cut = "none"         // torn off by hand
)

// Profile is what must be known of a model to print on it. The meaning of each
// field stands on top of profiles.yaml.
type Profile struct {
	Name      string `yaml:"-"`
	Title     string `yaml:"title"`
	Width     int    `yaml:"width"`
	DPI       int    `yaml:"dpi"`
	Speed     int    `yaml:"speed"`
	Buffer    int    `yaml:"buffer"`
	Cut       Cut    `yaml:"cut"`
	Tail      int    `yaml:"tail"`
	Status    []byte `yaml:"status"`
	NearEnd   bool   `yaml:"near_end"`
	Queued    bool   `yaml:"queued"`
	ProcessID bool   `yaml:"process_id"`
	Automatic bool   `yaml:"automatic"`
	Clear     bool   `yaml:"clear"`
	Margin    bool   `yaml:"margin"`
	Units     bool   `yaml:"units"`
	Present   []byte `yaml:"present"`
	Retract   []byte `yaml:"retract"`
	Source    string `yaml:"source"`
	Verified  string `yaml:"verified"`
}

// Profiles gives every known model, in the order of their names.
func Profiles() ([]Profile, error) {
	all, err := parseProfiles(profiles)
	return all.All(), err
}

// Model gives the profile of that name; the error lists the names there are.
func Model(name string) (Profile, error) {
	all, err := parseProfiles(profiles)
	if err != nil {
		return Profile{}, err
	}
	p, err := all.Of(name)
	if err != nil {
		return Profile{}, fmt.Errorf("printer model: %w", err)
	}
	return p, nil
}

func parseProfiles(text []byte) (models.Table[Profile], error) {
	all, err := models.Read(text, (*Profile).check)
	if err != nil {
		return nil, fmt.Errorf("printer profiles: %w", err)
	}
	return all, nil
}

// longestTail is more than any unit has between head and cutter, in rows.
const longestTail = 1000

func (p *Profile) check(name string) error {
	p.Name = name
	switch {
	case p.Width <= 0 || p.Width%8 != 0 || p.Width > 8*255:
		return fmt.Errorf("width %d: must be a multiple of 8 up to 2040", p.Width)
	case p.DPI < 100 || p.DPI > 255:
		return fmt.Errorf("dpi %d: must be 100 to 255, GS P takes no more", p.DPI)
	case p.Speed <= 0:
		return fmt.Errorf("speed %d: must be above 0 mm a second", p.Speed)
	case p.Buffer < 512 || p.chunk() < p.Width/8+rasterExtra:
		return fmt.Errorf("buffer %d: must be 512 bytes or more, and hold two rows of %d dots", p.Buffer, p.Width)
	case p.Tail < 0 || p.Tail > longestTail:
		return fmt.Errorf("tail %d: must be 0 to %d rows", p.Tail, longestTail)
	case !slices.Contains([]Cut{FeedPartial, FeedFull, Partial, Full, Total, NoCut}, p.Cut):
		return fmt.Errorf("cut %q: must be feed-partial, feed-full, partial, full, total or none", p.Cut)
	case p.Title == "":
		return errors.New("title: must name maker and model")
	case p.Source == "":
		return errors.New("source: must say where this was read")
	}
	if p.Status == nil {
		return errors.New("status: must name what is asked, or be [] for a model that tells nothing")
	}
	for _, n := range p.Status {
		if (n < 1 || n > 4) && n != fullStatus {
			return fmt.Errorf("status %d: must be 1 to 4, or 20", n)
		}
	}
	asksFull := slices.Contains(p.Status, fullStatus)
	switch {
	case asksFull && (len(p.Status) > 1 || p.Automatic):
		return errors.New("status 20: cannot be told from other answers; leave the others and automatic out")
	case (len(p.Present) > 0) != (len(p.Retract) > 0):
		return errors.New("present, retract: both or none")
	case len(p.Present) > 0 && !asksFull:
		return errors.New("present: needs status 20, which tells whether a slip is at the mouth")
	case len(p.Status) == 0 && (p.Queued || p.ProcessID || p.Automatic):
		return errors.New("status []: a model that tells nothing cannot be queued, process_id or automatic")
	}
	return nil
}

// presents tells whether slips are held at the unit's mouth.
func (p Profile) presents() bool { return len(p.Present) > 0 }

// full tells whether the unit is asked for a full status instead of single ones.
func (p Profile) full() bool { return slices.Contains(p.Status, fullStatus) }
