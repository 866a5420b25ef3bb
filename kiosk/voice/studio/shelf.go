package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sync/errgroup"

	"motcua/kiosk/voice"
)

const manifestName = "manifest.tsv"

// manifest says of which words each clip was made: file to hash.
type manifest map[string]string

// file is where the clip of s lies among the clips.
func file(s voice.Script) string { return path.Join(string(s.Lang), s.Name+".ogg") }

func readManifest(fsys fs.FS) (manifest, error) {
	m := manifest{}
	f, err := fsys.Open(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, hash, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			return nil, fmt.Errorf("%s: %q: want file, tab, hash", manifestName, lines.Text())
		}
		m[name] = hash
	}
	return m, lines.Err()
}

func (m manifest) write(dir string) error {
	var b strings.Builder
	for name, hash := range m {
		fmt.Fprintf(&b, "%s\t%s\n", name, hash)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	slices.Sort(lines)
	return os.WriteFile(filepath.Join(dir, manifestName), []byte(strings.Join(lines, "")), 0o644)
}

// stale lists the scripts whose clip is missing or was made of other words,
// and the clips that no script asks for.
func stale(fsys fs.FS, scripts []voice.Script) (todo []voice.Script, gone []string, err error) {
	m, err := readManifest(fsys)
	if err != nil {
		return nil, nil, err
	}
	wanted := map[string]bool{}
	for _, s := range scripts {
		name := file(s)
		wanted[name] = true
		if _, err := fs.Stat(fsys, name); err != nil || m[name] != s.Hash(settings(s.Lang)) {
			todo = append(todo, s)
		}
	}
	for _, lang := range voice.Langs {
		names, err := fs.Glob(fsys, path.Join(string(lang), "*"))
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			if !wanted[name] {
				gone = append(gone, name)
			}
		}
	}
	return todo, gone, nil
}

// update brings the clips in dir up to date. What was made before a failure
// stays made.
func update(ctx context.Context, dir string, scripts []voice.Script,
	record func(context.Context, voice.Script) ([]byte, error)) (made, removed int, err error) {
	todo, gone, err := stale(os.DirFS(dir), scripts)
	if err != nil {
		return 0, 0, err
	}
	m, err := readManifest(os.DirFS(dir))
	if err != nil {
		return 0, 0, err
	}
	for _, lang := range voice.Langs {
		if err := os.MkdirAll(filepath.Join(dir, string(lang)), 0o755); err != nil {
			return 0, 0, err
		}
	}
	for _, name := range gone {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return 0, removed, err
		}
		removed++
	}

	var mu sync.Mutex // guards m and made
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, s := range todo {
		g.Go(func() error {
			b, err := record(gctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", file(s), err)
			}
			if err := os.WriteFile(filepath.Join(dir, file(s)), b, 0o644); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			m[file(s)] = s.Hash(settings(s.Lang))
			made++
			return nil
		})
	}
	err = g.Wait()
	for name := range m {
		if _, statErr := os.Stat(filepath.Join(dir, name)); statErr != nil {
			delete(m, name)
		}
	}
	return made, removed, errors.Join(err, m.write(dir))
}

// speakable refuses digits: the synthesiser reads "10.000" and dates wrongly.
// All such entries are told at once.
func speakable(scripts []voice.Script) error {
	var faults []error
	for _, s := range scripts {
		if i := strings.IndexFunc(s.Words, unicode.IsDigit); i >= 0 {
			faults = append(faults, fmt.Errorf("text %q (%s): %q: write numbers as words under say, or as a slot in braces", s.Name, s.Lang, s.Words))
		}
	}
	return errors.Join(faults...)
}
