package picturetest

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
)

// WritePGM writes a picture as a portable greymap (pgm(5), P5, 8 bits).
func WritePGM(path string, img *image.Gray) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	b := img.Bounds()
	if _, err := fmt.Fprintf(w, "P5\n%d %d\n255\n", b.Dx(), b.Dy()); err != nil {
		return err
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		at := img.PixOffset(b.Min.X, y)
		if _, err := w.Write(img.Pix[at : at+b.Dx()]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Zbar has zbarimg (Debian's zbar-tools) read pictures, in one call, and tells in
// which of them it found a code. What it takes the code to say is not looked at, in
// its favour: it guesses at character sets. Files are written below dir and removed.
func Zbar(ctx context.Context, dir string, pictures []*image.Gray) ([]bool, error) {
	args := []string{"--quiet", "--xml", "-Sdisable", "-Sqrcode.enable"}
	number := map[string]int{}
	for i, p := range pictures {
		path := filepath.Join(dir, fmt.Sprintf("%04d.pgm", i))
		if err := WritePGM(path, p); err != nil {
			return nil, err
		}
		defer os.Remove(path)
		args, number[path] = append(args, path), i
	}
	out, err := exec.CommandContext(ctx, "zbarimg", args...).Output()
	// It exits with 4 when there was a picture with no code in it.
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 4) {
		return nil, fmt.Errorf("zbarimg: %w", err)
	}
	var doc struct {
		Sources []struct {
			Href    string     `xml:"href,attr"`
			Symbols []struct{} `xml:"index>symbol"`
		} `xml:"source"`
	}
	if err := xml.Unmarshal(out, &doc); err != nil {
		return nil, fmt.Errorf("zbarimg: %w", err)
	}
	found := make([]bool, len(pictures))
	for _, s := range doc.Sources {
		i, ok := number[s.Href]
		if !ok {
			return nil, fmt.Errorf("zbarimg: a picture that nobody gave it: %q", s.Href)
		}
		found[i] = len(s.Symbols) > 0
	}
	return found, nil
}
