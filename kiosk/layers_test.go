package kiosk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// file is one Go file of the module, with what the rules look at.
type file struct {
	path    string // from the module's root, with slashes
	dir     string
	test    bool
	imports []string
	syntax  *ast.File
}

// source reads every Go file of the module itself: a rule that asked the go
// command would be answered out of its test cache.
func source(t *testing.T) []file {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "out" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		f := file{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(name, "_test.go"), syntax: syntax}
		for _, i := range syntax.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, p)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func under(path string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return path == d || strings.HasPrefix(path, d+"/") })
}

// double tells whether a package is a simulator or a suite.
func double(pkg string) bool {
	last := pkg[strings.LastIndexByte(pkg, '/')+1:]
	return strings.HasPrefix(pkg, "motcua/") && (strings.HasSuffix(last, "sim") || strings.HasSuffix(last, "test"))
}

// TestLayers holds the rules of who may import whom. Each rule names where it
// holds, what is forbidden there and why, and fails if it matches no file.
func TestLayers(t *testing.T) {
	rules := []struct {
		why   string
		holds func(f file) bool
		bad   func(imported string) bool
	}{
		{"a driver knows the unit, not the application",
			func(f file) bool { return under(f.dir, "devices") },
			func(i string) bool { return under(i, "motcua/kiosk", "motcua/cmd", "motcua/assets") }},
		{"only the screen draws",
			func(f file) bool { return f.dir != "kiosk/screen" && f.dir != "cmd/kiosk" },
			func(i string) bool { return under(i, "fyne.io/fyne/v2") }},
		{"the visit is pure",
			func(f file) bool { return f.dir == "kiosk/visit" && !f.test },
			func(i string) bool {
				return under(i, "os", "net", "io/fs", "context", "log/slog", "motcua/devices", "motcua/assets", "fyne.io")
			}},
		{"what runs at a ward has no simulator in it",
			func(f file) bool {
				return !f.test && !under(f.dir, "cmd/workbench") && !double("motcua/"+f.dir)
			},
			double},
		{"the kiosk is no part of a program",
			func(f file) bool { return !f.test && under(f.dir, "kiosk", "devices") },
			func(i string) bool { return under(i, "motcua/cmd") }},
		{"central is a program of its own",
			func(f file) bool { return under(f.dir, "cmd/central") && !f.test },
			func(i string) bool {
				return under(i, "motcua/kiosk/outbox", "motcua/kiosk/uplink", "motcua/kiosk/visit", "motcua/kiosk/screen", "motcua/kiosk/station", "motcua/devices")
			}},
	}
	files := source(t)
	for _, r := range rules {
		t.Run(strings.ReplaceAll(r.why, " ", "-"), func(t *testing.T) {
			matched := false
			for _, f := range files {
				if !r.holds(f) {
					continue
				}
				matched = true
				for _, i := range f.imports {
					if r.bad(i) {
						t.Errorf("%s imports %s, but %s", f.path, i, r.why)
					}
				}
			}
			if !matched {
				t.Error("the rule matches no file: it guards nothing")
			}
		})
	}
}

// TestNoRegistries forbids init: what a program is made of stands in its main.
func TestNoRegistries(t *testing.T) {
	for _, f := range source(t) {
		if strings.HasSuffix(f.path, ".gen.go") {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", f.path)
			}
		}
	}
}

// TestPureVisit forbids the clock to the visit.
func TestPureVisit(t *testing.T) {
	for _, f := range source(t) {
		if f.dir != "kiosk/visit" || f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "NewTimer", "NewTicker", "Sleep"}, sel.Sel.Name) {
				t.Errorf("%s uses time.%s", f.path, sel.Sel.Name)
			}
			return true
		})
	}
}

// TestDocs asks every package for one doc, and every exported name for its own.
func TestDocs(t *testing.T) {
	docs, packages := map[string]int{}, map[string]bool{}
	for _, f := range source(t) {
		if f.test || strings.HasSuffix(f.path, ".gen.go") {
			continue
		}
		packages[f.dir] = true
		if f.syntax.Doc != nil {
			docs[f.dir]++
		}
		for _, d := range f.syntax.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", f.path, name)
			}
		}
	}
	for dir := range packages {
		if docs[dir] != 1 {
			t.Errorf("%s has %d package docs, want one", dir, docs[dir])
		}
	}
}

// undocumented lists the exported names of a declaration that say nothing. A
// group of constants or variables may be explained once for all.
func undocumented(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var bare []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					bare = append(bare, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						bare = append(bare, n.Name)
					}
				}
			}
		}
		return bare
	}
	return nil
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}
