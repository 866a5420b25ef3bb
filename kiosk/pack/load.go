package pack

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"motcua/assets"
	"motcua/kiosk/pack/sheet"
)

// Fault is one thing wrong in a pack: file, line, what, and what is allowed.
type Fault = sheet.Fault

// Faults is everything wrong in a pack, in the order of files and lines.
type Faults = sheet.Faults

// The sheets of a pack. Every one but the last two must be there, and
// procedures/ holds one file a procedure, named by its code.
const (
	packSheet     = "pack"
	unitsSheet    = "units"
	groupsSheet   = "groups"
	calendarSheet = "calendar"
	consentSheet  = "consent"
	blocksSheet   = "blocks"
	searchSheet   = "search"
	procedures    = "procedures"
)

var sheetNames = [...]string{packSheet, unitsSheet, groupsSheet, calendarSheet, consentSheet, blocksSheet, searchSheet}

// Schemas gives the JSON Schemas that packs are checked against; they ship
// beside the packs so that editors complete them.
func Schemas() (*sheet.Schemas, error) {
	dir, err := fs.Sub(assets.Files, "packs/schema")
	if err != nil {
		return nil, err
	}
	return sheet.LoadSchemas(dir)
}

// Icons lists the icons that a procedure may have, so that a station can be
// held to having all of them.
func Icons() ([]string, error) {
	s, err := Schemas()
	if err != nil {
		return nil, err
	}
	return s.Enum("parts", "/$defs/icon"), nil
}

// Load reads the pack in the root of fsys and checks it. If anything is wrong
// in it, the error is a Faults that names all of it, and there is no pack.
func Load(fsys fs.FS) (*Pack, error) {
	schemas, err := Schemas()
	if err != nil {
		return nil, fmt.Errorf("schemas of packs: %w", err)
	}
	return load(fsys, schemas)
}

// loading is a pack half read: its sheets, and what is built from them.
type loading struct {
	schemas *sheet.Schemas
	sheets  map[string]*sheet.Sheet
	files   []*sheet.Sheet // procedures
	pack    *Pack
	zone    *time.Location
	blocks  blocksRaw
	loose   Faults // that belong to no sheet
}

func load(fsys fs.FS, schemas *sheet.Schemas) (*Pack, error) {
	l := &loading{schemas: schemas, sheets: map[string]*sheet.Sheet{}, pack: &Pack{asking: &asking{}}}
	if err := l.read(fsys); err != nil {
		return nil, err
	}
	l.particulars()
	l.calendar()
	l.units()
	l.groups()
	l.consent()
	l.search()
	l.shared()
	for _, s := range l.files {
		l.procedure(s)
	}
	l.across()
	if faults := l.faults(); len(faults) > 0 {
		return nil, faults
	}
	l.pack.index()
	return l.pack, nil
}

func (l *loading) read(fsys fs.FS) error {
	names, err := yamlFiles(fsys)
	if err != nil {
		return err
	}
	for _, name := range names {
		key := strings.TrimSuffix(name, ".yaml")
		single := slices.Contains(sheetNames[:], key)
		if !single && (path.Dir(name) != procedures || path.Ext(name) != ".yaml") {
			l.loose = append(l.loose, Fault{File: name, Text: "not part of a pack", Allowed: layout()})
			continue
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		s := sheet.Read(name, b)
		if single {
			l.schemas.Check(s, key)
			l.sheets[key] = s
			continue
		}
		l.schemas.Check(s, "procedure")
		l.files = append(l.files, s)
	}
	for _, key := range sheetNames {
		if l.sheets[key] == nil {
			if key != blocksSheet && key != searchSheet {
				l.loose = append(l.loose, Fault{File: key + ".yaml", Text: "not there"})
			}
			l.sheets[key] = sheet.Read(key+".yaml", []byte("{}"))
		}
	}
	if len(l.files) == 0 {
		l.loose = append(l.loose, Fault{File: procedures, Text: "no procedure there"})
	}
	return nil
}

func layout() []string {
	var all []string
	for _, n := range sheetNames {
		all = append(all, n+".yaml")
	}
	return append(all, procedures+"/CODE.yaml")
}

// yamlFiles lists every YAML file below the root, so that one that would not be
// read is a fault and not a silence.
func yamlFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if ext := path.Ext(name); err == nil && !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

func (l *loading) faults() Faults {
	all := slices.Clone(l.loose)
	for _, s := range l.sheets {
		all = append(all, s.Faults...)
	}
	for _, s := range l.files {
		all = append(all, s.Faults...)
	}
	return all.Sorted()
}

// particulars reads pack.yaml.
func (l *loading) particulars() {
	var raw packRaw
	l.sheets[packSheet].Decode(&raw)
	p := l.pack
	p.ID, p.Version, p.Code, p.Province = raw.ID, raw.Version, raw.Code, raw.Province
	p.Hotline, p.Portal, p.LookUp = raw.Hotline.Number, raw.Portal.Host, raw.LookUp.URL
	p.Lawyer, p.Reply, p.Words = raw.Lawyer.Hours, raw.Reply.Promise, raw.Words
	p.page = raw.Portal.Page
	l.day(l.sheets[packSheet], "/version", raw.Version)
}

func (l *loading) units() {
	var raw struct{ Units []Unit }
	s := l.sheets[unitsSheet]
	s.Decode(&raw)
	l.pack.Units = raw.Units
	codes, names := map[string]bool{}, map[string]bool{}
	for i, u := range raw.Units {
		at := fmt.Sprintf("/units/%d", i)
		l.once(s, at+"/code", "unit code", u.Code, codes)
		l.once(s, at+"/name", "unit name", u.Name, names)
		if !strings.HasPrefix(strings.ToLower(u.Name), u.Kind+" ") {
			s.Report(at+"/name", fmt.Sprintf("name %q does not begin with its kind, %q", u.Name, u.Kind))
		}
	}
}

func (l *loading) groups() {
	var raw struct{ Groups []Group }
	s := l.sheets[groupsSheet]
	s.Decode(&raw)
	l.pack.Groups = raw.Groups
	ids, often := map[string]bool{}, map[string]bool{}
	for i, g := range raw.Groups {
		l.once(s, fmt.Sprintf("/groups/%d/id", i), "group", g.ID, ids)
		if g.Often {
			l.once(s, fmt.Sprintf("/groups/%d/often", i), "often", "true", often)
		}
	}
}

func (l *loading) consent() {
	var raw consentRaw
	s := l.sheets[consentSheet]
	s.Decode(&raw)
	c := Consent{Version: raw.Version, Short: raw.Short, ByKind: raw.ShortByKind}
	c.Rule, _ = l.rule(s, "", raw.ruleRaw)
	for _, t := range []Text{raw.Controller, raw.What, raw.Purpose, raw.Sharing, raw.Keeping, raw.Rights, raw.Act} {
		c.Full.VI = strings.TrimPrefix(c.Full.VI+"\n"+t.VI, "\n")
		c.Full.EN = strings.TrimPrefix(c.Full.EN+"\n"+t.EN, "\n")
	}
	l.pack.Consent = c
}

func (l *loading) search() {
	var raw struct {
		Rewrites []struct {
			Say   []string
			Means string
		}
		Ignore []string
	}
	s := l.sheets[searchSheet]
	s.Decode(&raw)
	a := l.pack.asking
	said := map[string]bool{}
	for i, r := range raw.Rewrites {
		for j, say := range r.Say {
			l.once(s, fmt.Sprintf("/rewrites/%d/say/%d", i, j), "rewrite of", say, said)
			a.rewrites = append(a.rewrites, rewrite{split(say), split(r.Means)})
		}
	}
	for _, w := range raw.Ignore {
		a.ignore = append(a.ignore, split(w)...)
	}
}

// once reports a value that was there before.
func (l *loading) once(s *sheet.Sheet, at, what, value string, seen map[string]bool) {
	if value == "" {
		return
	}
	if seen[value] {
		s.Report(at, fmt.Sprintf("%s %q stands here twice", what, value))
	}
	seen[value] = true
}
