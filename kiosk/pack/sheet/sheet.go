// Package sheet reads a YAML file so that whatever is wrong in it can be shown
// with its line.
//
// A Sheet is plain YAML 1.2: mappings, lists and scalars of one document.
// Anchors, aliases, tags and merge keys are faults: a pack has its own words
// for using a thing twice, which editors can complete and schemas can check.
// Text must be UTF-8 in Unicode normalization form C.
package sheet

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"golang.org/x/text/unicode/norm"
)

// Bounds on what is read at all, so that a broken or hostile file costs little.
const (
	maxBytes = 1 << 20
	maxDepth = 64
)

const notPlain = "anchors, aliases, tags and merge keys are not read"

// Sheet is one file as read: its values and the line of each.
type Sheet struct {
	File   string
	Faults Faults // what was wrong so far; Sheet's methods add to it

	value any
	lines map[string]int // by JSON pointer; "" is the document
	keys  map[string]int // line of the key, where that is another line
	last  int            // line of the file; the parser may count past it
}

// Read reads one file. It never fails as a whole: what is wrong is in Faults,
// and what could be read is there, so that one pass finds everything.
func Read(file string, b []byte) *Sheet {
	s := &Sheet{File: file, lines: map[string]int{"": 1}, keys: map[string]int{}}
	s.last = 1 + strings.Count(strings.TrimSuffix(string(b), "\n"), "\n")
	if line, text := unreadable(b); text != "" {
		s.fault(line, text)
		return s
	}
	doc := s.parse(b)
	if doc == nil {
		return s
	}
	s.value = s.walk(doc, "", 0)
	return s
}

// unreadable tells why b is not given to the YAML parser at all. Nesting is
// bounded before parsing because the parser is recursive.
func unreadable(b []byte) (line int, text string) {
	if len(b) > maxBytes {
		return 0, fmt.Sprintf("longer than %d bytes", maxBytes)
	}
	depth := 0
	for i, l := range strings.Split(string(b), "\n") {
		if !utf8.ValidString(l) {
			return i + 1, "not UTF-8"
		}
		bare := strings.TrimLeft(l, " -?\t")
		if len(l)-len(bare) > 2*maxDepth {
			return i + 1, fmt.Sprintf("nested deeper than %d levels", maxDepth)
		}
		for _, r := range l {
			switch r {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			case 0:
				return i + 1, "holds a zero byte"
			}
		}
		if depth > maxDepth || strings.Count(l, ": ")+strings.Count(l, "? ")+strings.Count(l, "- ")+strings.Count(l, "!")+strings.Count(l, "&") > 8*maxDepth {
			return i + 1, fmt.Sprintf("nested deeper than %d levels", maxDepth)
		}
	}
	return 0, ""
}

func (s *Sheet) parse(b []byte) (body ast.Node) {
	// The parser is known to panic on some broken input; to the editor of a
	// pack that is one more syntax fault.
	defer func() {
		if r := recover(); r != nil {
			s.fault(0, "not YAML")
			body = nil
		}
	}()
	f, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := syntax(err)
		s.fault(line, text)
		return nil
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			s.fault(lineOf(doc.Body), "a second document; a file holds one")
			break
		}
		body = doc.Body
	}
	if body == nil {
		s.fault(0, "empty")
	}
	return body
}

// syntax takes the line and the bare message out of a parser's error, which
// begins with "[3:7] unexpected key name".
func syntax(err error) (line int, text string) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	if rest, ok := strings.CutPrefix(first, "["); ok {
		if at, msg, ok := strings.Cut(rest, "] "); ok {
			row, _, _ := strings.Cut(at, ":")
			line, _ = strconv.Atoi(row)
			first = msg
		}
	}
	return line, "not YAML: " + first
}

func (s *Sheet) walk(n ast.Node, at string, depth int) any {
	if n == nil {
		return nil
	}
	if _, set := s.lines[at]; !set || at == "" {
		s.lines[at] = lineOf(n)
	}
	if depth > maxDepth {
		s.fault(lineOf(n), fmt.Sprintf("nested deeper than %d levels", maxDepth))
		return nil
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return s.mapping(n.Values, at, depth)
	case *ast.MappingValueNode:
		return s.mapping([]*ast.MappingValueNode{n}, at, depth)
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for i, v := range n.Values {
			list = append(list, s.walk(v, at+"/"+strconv.Itoa(i), depth+1))
		}
		return list
	case *ast.StringNode:
		return s.text(n.Value, lineOf(n))
	case *ast.LiteralNode:
		if n.Value == nil {
			return ""
		}
		return s.text(n.Value.Value, lineOf(n))
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.FloatNode:
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64))
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode:
		return nil
	case *ast.AnchorNode:
		s.fault(lineOf(n), notPlain)
		return s.walk(n.Value, at, depth+1)
	case *ast.TagNode:
		s.fault(lineOf(n), notPlain)
		return s.walk(n.Value, at, depth+1)
	default:
		s.fault(lineOf(n), notPlain)
		return nil
	}
}

func (s *Sheet) mapping(pairs []*ast.MappingValueNode, at string, depth int) any {
	m := make(map[string]any, len(pairs))
	for _, p := range pairs {
		key, ok := keyText(p.Key)
		if !ok {
			s.fault(lineOf(p), "a key must be plain text")
			continue
		}
		key = s.text(key, lineOf(p.Key))
		to := at + "/" + escape(key)
		if _, twice := m[key]; twice {
			s.fault(lineOf(p.Key), fmt.Sprintf("%q stands here twice", key))
			continue
		}
		s.keys[to] = lineOf(p.Key)
		m[key] = s.walk(p.Value, to, depth+1)
	}
	return m
}

func keyText(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		if t := k.GetToken(); t != nil {
			return t.Value, true
		}
	}
	return "", false
}

func (s *Sheet) text(v string, line int) string {
	if !norm.NFC.IsNormalString(v) {
		s.fault(line, fmt.Sprintf("%q is not in normalization form C (precomposed letters)", norm.NFC.String(v)))
	}
	return v
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (s *Sheet) fault(line int, text string, allowed ...string) {
	s.Faults = append(s.Faults, Fault{File: s.File, Line: min(line, s.last), Text: text, Allowed: allowed})
}

// Report adds a fault at the value that the JSON pointer at names, or at the
// nearest value around it that is there.
func (s *Sheet) Report(at, text string, allowed ...string) {
	s.fault(s.Line(at), text, allowed...)
}

// Line gives the line of the value, or of the nearest value around it.
func (s *Sheet) Line(at string) int {
	for {
		if line, ok := s.keys[at]; ok {
			return line
		}
		if line, ok := s.lines[at]; ok {
			return line
		}
		cut := strings.LastIndexByte(at, '/')
		if cut < 0 {
			return 1
		}
		at = at[:cut]
	}
}

// Decode fills v, by its json tags, with what fits; what does not fit is left
// out, because Check has already reported it.
func (s *Sheet) Decode(v any) {
	b, err := json.Marshal(s.value)
	if err != nil {
		s.fault(0, "not readable: "+err.Error())
		return
	}
	_ = json.Unmarshal(b, v) // goes on past values of a wrong type
}

func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
