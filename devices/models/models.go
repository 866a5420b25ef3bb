// Package models reads what must be known of each model of a unit to drive it: a
// table in YAML, one entry a model, built into the driver. The configuration names
// an entry by its key.
package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Table is what is known, by name.
type Table[M any] map[string]M

// Read reads a table. check gets each entry with its name, which is not in the
// entry itself, completes it and says what is wrong with it. Read fails on what
// check finds, naming the entry, and on fields that M does not have.
func Read[M any](text []byte, check func(m *M, name string) error) (Table[M], error) {
	var t Table[M]
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, name := range t.Names() {
		m := t[name]
		if err := check(&m, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t[name] = m
	}
	return t, nil
}

// Names gives the names there are, in order.
func (t Table[M]) Names() []string { return slices.Sorted(maps.Keys(t)) }

// All gives the entries in the order of their names.
func (t Table[M]) All() []M {
	var all []M
	for _, name := range t.Names() {
		all = append(all, t[name])
	}
	return all
}

// Of gives the entry of that name; the error lists the names there are.
func (t Table[M]) Of(name string) (M, error) {
	m, ok := t[name]
	if !ok {
		return m, fmt.Errorf("no %q; there are %s", name, strings.Join(t.Names(), ", "))
	}
	return m, nil
}
