package screen

import (
	"fmt"
	"image"
	"image/color"
	"io/fs"
)

// unknownIcon stands for a name that there is no drawing of.
const unknownIcon = "circle"

type iconKey struct {
	name string
	side int
	ink  color.NRGBA
}

// icons draws lucide's SVG files at exact pixel sizes, each once a size and ink.
// It belongs to the goroutine that draws.
type icons struct {
	files fs.FS
	drawn map[iconKey]*image.RGBA
}

// mostIcons bounds the drawings kept: two themes' worth of every icon.
const mostIcons = 512

func openIcons(files fs.FS) (*icons, error) {
	i := &icons{files: files, drawn: map[iconKey]*image.RGBA{}}
	if _, err := i.draw(iconKey{unknownIcon, 24, color.NRGBA{A: 255}}); err != nil {
		return nil, err
	}
	return i, nil
}

func (i *icons) at(name string, side int, ink color.NRGBA) image.Image {
	k := iconKey{name, side, ink}
	if img, ok := i.drawn[k]; ok {
		return img
	}
	img, err := i.draw(k)
	if err != nil {
		img, err = i.draw(iconKey{unknownIcon, side, ink})
	}
	if err != nil { // the files were there when the screen was made
		img = image.NewRGBA(image.Rect(0, 0, side, side))
	}
	if len(i.drawn) >= mostIcons {
		clear(i.drawn)
	}
	i.drawn[k] = img
	return img
}

func (i *icons) draw(k iconKey) (*image.RGBA, error) {
	svg, err := i.files.Open("icons/" + k.name + ".svg")
	if err != nil {
		return nil, fmt.Errorf("read icon: %w", err)
	}
	defer svg.Close()
	img, err := lucide(svg, k.side, k.ink)
	if err != nil {
		return nil, fmt.Errorf("read icon %s: %w", k.name, err)
	}
	return img, nil
}
