package sheet

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schemas is a set of JSON Schemas (draft 2020-12) that refer to each other by
// file name. It is read-only and safe for all.
type Schemas struct {
	compiled map[string]*jsonschema.Schema
	raw      map[string]any
}

const home = "pack:///" // resolves the relative references between the files

// LoadSchemas reads every *.schema.json in the root of fsys. A schema that is
// itself wrong is an error.
func LoadSchemas(fsys fs.FS) (*Schemas, error) {
	s := &Schemas{compiled: map[string]*jsonschema.Schema{}, raw: map[string]any{}}
	names, err := fs.Glob(fsys, "*.schema.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no *.schema.json here")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	for _, name := range names {
		f, err := fsys.Open(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(f)
		err = errors.Join(err, f.Close())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.raw[home+name] = doc
		if err := c.AddResource(home+name, doc); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range names {
		sch, err := c.Compile(home + name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.compiled[strings.TrimSuffix(path.Base(name), ".schema.json")] = sch
	}
	return s, nil
}

// Enum lists what the schema called name allows at the JSON pointer at.
func (s *Schemas) Enum(name, at string) []string {
	m, _ := s.at(home + name + ".schema.json#" + at).(map[string]any)
	list, _ := m["enum"].([]any)
	return plain(list)
}

// Check holds the sheet against the schema called name and adds a fault for
// every place where it does not fit, with what is allowed there. It reports
// whether all of it fits.
func (s *Schemas) Check(sh *Sheet, name string) bool {
	sch, ok := s.compiled[name]
	if !ok {
		sh.fault(0, "no schema "+name)
		return false
	}
	if sh.value == nil {
		return false // Read has said why
	}
	var wrong *jsonschema.ValidationError
	if err := sch.Validate(sh.value); !errors.As(err, &wrong) {
		return err == nil
	}
	s.leaves(sh, wrong)
	return false
}

// leaves reports the innermost causes. Of a choice between shapes it reports
// the causes of the shape that came nearest.
func (s *Schemas) leaves(sh *Sheet, e *jsonschema.ValidationError) {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		if missing := missingAll(e.Causes); missing != nil {
			sh.Report(pointer(e.InstanceLocation), called(e.InstanceLocation)+" has none of these keys", missing...)
			return
		}
		if best := nearest(e.Causes); best != nil {
			s.leaves(sh, best)
			return
		}
	}
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			s.leaves(sh, c)
		}
		return
	}
	s.report(sh, e)
}

// missingAll gives the keys of which one is wanted, where every shape differs
// only in the key that it wants.
func missingAll(causes []*jsonschema.ValidationError) []string {
	var keys []string
	for _, c := range causes {
		r, ok := c.ErrorKind.(*kind.Required)
		if !ok || len(c.Causes) > 0 {
			return nil
		}
		keys = append(keys, r.Missing...)
	}
	return keys
}

func nearest(causes []*jsonschema.ValidationError) *jsonschema.ValidationError {
	var best *jsonschema.ValidationError
	for _, c := range causes {
		if best == nil || depth(c) > depth(best) {
			best = c
		}
	}
	return best
}

// depth is how far into the value a shape fitted before it did not.
func depth(e *jsonschema.ValidationError) int {
	d := len(e.InstanceLocation)
	if _, wrongShape := e.ErrorKind.(*kind.Type); wrongShape {
		d--
	}
	for _, c := range e.Causes {
		d = max(d, depth(c))
	}
	return d
}

func (s *Schemas) report(sh *Sheet, e *jsonschema.ValidationError) {
	at := pointer(e.InstanceLocation)
	name := called(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		sh.Report(at, fmt.Sprintf("%s %q is not known", name, fmt.Sprint(k.Got)), plain(k.Want)...)
	case *kind.Const:
		sh.Report(at, fmt.Sprintf("%s %q is not known", name, fmt.Sprint(k.Got)), fmt.Sprint(k.Want))
	case *kind.AdditionalProperties:
		for _, p := range k.Properties {
			sh.Report(at+"/"+escape(p), fmt.Sprintf("unknown key %q", p), s.keysAt(e.SchemaURL)...)
		}
	case *kind.Required:
		for _, p := range k.Missing {
			sh.Report(at, fmt.Sprintf("%s has no %q", name, p), s.words(e.SchemaURL+"/properties/"+escape(p))...)
		}
	case *kind.Type:
		allowed := s.words(e.SchemaURL)
		if allowed == nil {
			for _, w := range k.Want {
				allowed = append(allowed, inYAML(w))
			}
		}
		sh.Report(at, fmt.Sprintf("%s is %s", name, inYAML(k.Got)), allowed...)
	case *kind.FalseSchema:
		sh.Report(at, fmt.Sprintf("%s has no place here", name))
	case *kind.Pattern:
		sh.Report(at, fmt.Sprintf("%s %q is not written as it should be", name, k.Got), s.words(e.SchemaURL)...)
	default:
		sh.Report(at, fmt.Sprintf("%s: %v", name, e.ErrorKind.LocalizedString(message.NewPrinter(language.English))), s.words(e.SchemaURL)...)
	}
}

// inYAML says a JSON type as people who write YAML would.
func inYAML(t string) string {
	switch t {
	case "object":
		return "a mapping"
	case "array":
		return "a list"
	case "string":
		return "text"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "null":
		return "empty"
	}
	return "a " + t
}

// called names a value the way an editor of the file would: "icon",
// "item 2 of fees".
func called(loc []string) string {
	if len(loc) == 0 {
		return "the file"
	}
	last := loc[len(loc)-1]
	if last != "" && strings.Trim(last, "0123456789") == "" && len(loc) > 1 {
		n, _ := strconv.Atoi(last)
		return fmt.Sprintf("item %d of %s", n+1, loc[len(loc)-2])
	}
	return last
}

func pointer(loc []string) string {
	var b strings.Builder
	for _, l := range loc {
		b.WriteString("/" + escape(l))
	}
	return b.String()
}

// at follows a schema location, "pack:///x.schema.json#/properties/icon".
func (s *Schemas) at(url string) any {
	file, frag, _ := strings.Cut(url, "#")
	node := s.raw[file]
	for _, step := range strings.Split(strings.TrimPrefix(frag, "/"), "/") {
		if step == "" {
			continue
		}
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch n := node.(type) {
		case map[string]any:
			node = n[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n) {
				return nil
			}
			node = n[i]
		default:
			return nil
		}
		m, _ := node.(map[string]any)
		if ref, ok := m["$ref"].(string); ok && len(m) == 1 {
			if strings.HasPrefix(ref, "#") {
				ref = file + ref
			} else {
				ref = home + ref
			}
			node = s.at(ref)
		}
	}
	return node
}

func (s *Schemas) keysAt(url string) []string {
	m, _ := s.at(url).(map[string]any)
	props, _ := m["properties"].(map[string]any)
	var keys []string
	for k := range props {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// words says what a schema allows: its values, else its description.
func (s *Schemas) words(url string) []string {
	m, _ := s.at(url).(map[string]any)
	if list, ok := m["enum"].([]any); ok {
		return plain(list)
	}
	if d, ok := m["description"].(string); ok {
		return []string{d}
	}
	return nil
}

func plain(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	return out
}
