package sheet

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const sample = `# a list of things
name: Thuyền Mẫu
size: {long: 7, wide: 2.5}
crew:
  - name: An
    sails: true
  - name: Bình
    note: >
      hai
      dòng
empty: ~
`

func TestReadKeepsLines(t *testing.T) {
	s := Read("boat.yaml", []byte(sample))
	if len(s.Faults) > 0 {
		t.Fatal(s.Faults)
	}
	for at, want := range map[string]int{
		"/name": 2, "/size": 3, "/size/wide": 3, "/crew": 4, "/crew/0/sails": 6, "/crew/1": 7, "/crew/1/note": 8,
		"/empty":        11,
		"/crew/1/sails": 7, // not there: the nearest around it
		"/nothing":      2,
	} {
		if got := s.Line(at); got != want {
			t.Errorf("Line(%s) = %d, want %d", at, got, want)
		}
	}
	var boat struct {
		Name string
		Size struct{ Long, Wide float64 }
		Crew []struct {
			Name, Note string
			Sails      bool
		}
	}
	s.Decode(&boat)
	if boat.Name != "Thuyền Mẫu" || boat.Size.Wide != 2.5 || len(boat.Crew) != 2 || !boat.Crew[0].Sails || boat.Crew[1].Note != "hai dòng\n" {
		t.Errorf("decoded %+v", boat)
	}
}

func TestReadNamesWhatIsNotPlain(t *testing.T) {
	deep := strings.Repeat("[", 70)
	for _, c := range []struct {
		name, yaml, want string
	}{
		{"anchor", "a: &x {b: 1}", "x.yaml:1: anchors, aliases, tags and merge keys are not read"},
		{"alias", "a: 1\nb: *x", "x.yaml:2: anchors, aliases, tags and merge keys are not read"},
		{"tag", "a: !!str 1", "x.yaml:1: anchors, aliases, tags and merge keys are not read"},
		{"twice", "a: 1\nb: 2\na: 3", `x.yaml:3: "a" stands here twice`},
		{"two documents", "a: 1\n---\nb: 2", "x.yaml:3: a second document; a file holds one"},
		{"empty", "# nothing\n", "x.yaml: empty"},
		{"broken", "a: 1\nb: \"c", "x.yaml:2: not YAML: could not find end character of double-quoted text"},
		{"tab", "a:\n\tb: 1", "x.yaml:2: not YAML: found character '\t' that cannot start any token"},
		{"not UTF-8", "a: 1\nb: \xff", "x.yaml:2: not UTF-8"},
		{"zero byte", "a: \x00", "x.yaml:1: holds a zero byte"},
		{"not NFC", "a: 1\nb: e\u0302", `x.yaml:2: "ê" is not in normalization form C (precomposed letters)`},
		{"key not NFC", "e\u0302: 1", `x.yaml:1: "ê" is not in normalization form C (precomposed letters)`},
		{"deep", "a: 1\nb: " + deep, "x.yaml:2: nested deeper than 64 levels"},
		{"deep lists", strings.Repeat("- ", 600) + "a", "x.yaml:1: nested deeper than 64 levels"},
		{"long", strings.Repeat("# more\n", 200_000), "x.yaml: longer than 1048576 bytes"},
	} {
		got := Read("x.yaml", []byte(c.yaml)).Faults
		if len(got) != 1 || got[0].Error() != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "boat.schema.json",
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string", "pattern": "^[A-Z]", "description": "a name with a capital"},
    "kind": {"enum": ["ghe", "xuồng"]},
    "crew": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "parts.schema.json#/$defs/sailor"}},
    "oars": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "object", "required": ["left"], "properties": {"left": {"type": "integer"}}}]}
  }
}`

const parts = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "parts.schema.json",
  "$defs": {"sailor": {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer", "minimum": 1, "description": "years"}}}}}`

func TestCheckSaysWhatIsAllowed(t *testing.T) {
	schemas, err := LoadSchemas(fstest.MapFS{"boat.schema.json": {Data: []byte(schema)}, "parts.schema.json": {Data: []byte(parts)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		yaml string
		want []string
	}{
		{"name: A\nkind: ghe\ncrew: [{age: 3}]\noars: {left: 1}", nil},
		{"kind: ghe", []string{`b.yaml:1: the file has no "name"; allowed: a name with a capital`}},
		{"name: a", []string{`b.yaml:1: name "a" is not written as it should be; allowed: a name with a capital`}},
		{"name: A\nkind: thuyền", []string{`b.yaml:2: kind "thuyền" is not known; allowed: ghe, xuồng`}},
		{"name: A\nsail: yes", []string{`b.yaml:2: unknown key "sail"; allowed: crew, kind, name, oars`}},
		{"name: 7", []string{"b.yaml:1: name is a number; allowed: a name with a capital"}},
		{"name: A\ncrew:\n  - age: 0", []string{"b.yaml:3: age: minimum: got 0, want 1; allowed: years"}},
		{"name: A\ncrew:\n  - {age: 1}\n  - {}", []string{`b.yaml:4: item 2 of crew has no "age"; allowed: years`}},
		{"name: A\ncrew: []", []string{"b.yaml:2: crew: minItems: got 0, want 1"}},
		{"name: A\noars:\n  left: two", []string{"b.yaml:3: left is text; allowed: a whole number"}},
		{"name: A\ncrew: {}\nkind: 1", []string{"b.yaml:2: crew is a mapping; allowed: a list", `b.yaml:3: kind "1" is not known; allowed: ghe, xuồng`}},
	} {
		s := Read("b.yaml", []byte(c.yaml))
		ok := schemas.Check(s, "boat")
		var got []string
		for _, f := range s.Faults.Sorted() {
			got = append(got, f.Error())
		}
		if d := cmp.Diff(c.want, got); d != "" || ok != (c.want == nil) {
			t.Errorf("%q: %v (-want +got):\n%s", c.yaml, ok, d)
		}
	}
	if got := schemas.Enum("boat", "/properties/kind"); !slices.Equal(got, []string{"ghe", "xuồng"}) {
		t.Errorf("Enum = %v", got)
	}
}

func TestLoadSchemasRefuses(t *testing.T) {
	for name, dir := range map[string]fstest.MapFS{
		"nothing":     {},
		"no JSON":     {"a.schema.json": {Data: []byte("{")}},
		"no schema":   {"a.schema.json": {Data: []byte(`{"type": 7}`)}},
		"lost target": {"a.schema.json": {Data: []byte(`{"$ref": "b.schema.json"}`)}},
	} {
		if s, err := LoadSchemas(dir); err == nil {
			t.Errorf("%s: LoadSchemas = %v, want an error", name, s)
		}
	}
}

// FuzzRead: any bytes yield a sheet, and every fault in it lies within them.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("a: &x [*x, !!int 1]\n? {b: c}\n: - - d\n<<: *x\n"))
	f.Add([]byte("a: |\n  b\n c: >-\n d\n--- \n..."))
	f.Add([]byte("{a: [1, 0x1F, .inf, 1e3, ~], \"b\": 'c'}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Read("x.yaml", b)
		for _, fault := range s.Faults {
			if fault.Line < 0 || fault.Line > strings.Count(string(b), "\n")+2 || fault.Text == "" {
				t.Fatalf("fault %+v", fault)
			}
		}
		var v any
		s.Decode(&v)
		if s.Line("/a/b/0") < 0 {
			t.Fatal("a line before the first")
		}
	})
}
