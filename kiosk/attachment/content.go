package attachment

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"motcua/kiosk/contract"
)

// Media is what a content is, found out from the content itself.
type Media string

// What is taken. iPhones turn a photo into a JPEG by themselves when a page
// asks for these three alone.
const (
	PNG  Media = "image/png"
	JPEG Media = "image/jpeg"
	PDF  Media = "application/pdf"
)

// Limits of one picture: what shows it to staff must not run out of memory.
const (
	MaxPixels = 128 << 20
	MaxSide   = 32 << 10
)

// Content is what was found out of one content. It holds nothing of what the
// content shows.
type Content struct {
	Media         Media
	Size          int64  // bytes
	Digest        string // as a Content-Digest header, RFC 9530
	Width, Height int    // pixels; 0 = not a picture
}

// Copy copies from to its end to to, checking on the way what it is: it never
// holds more than a few KiB of it. On an error, what to was given is no whole
// content and must be dropped.
//
// A picture must have a header that decodes and at most MaxPixels, a PNG its
// end mark, a PDF its header and its trailer (ISO 32000-2, 7.5.2 and 7.5.5).
// Not checked: whether all pixels decode, what a PDF holds (scripts, forms,
// encryption, embedded files), and what metadata say. Who opens it must treat
// it as a stranger's file.
//
// It fails with ErrEmpty, ErrTooLarge when there are more than limit bytes,
// ErrKind, ErrTooWide, ErrBroken, or with what from or to failed with.
func Copy(to io.Writer, from io.Reader, limit int64) (Content, error) {
	sum := sha256.New()
	in := &intake{from: from, to: io.MultiWriter(to, sum), limit: limit}
	head := make([]byte, 512)
	n, err := io.ReadFull(in, head)
	switch {
	case in.err != nil:
		return Content{}, in.err
	case n == 0:
		return Content{}, ErrEmpty
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return Content{}, err
	}
	c := Content{Media: Media(http.DetectContentType(head[:n]))}
	again := io.MultiReader(bytes.NewReader(head[:n]), in)
	var size image.Config
	switch c.Media {
	case PNG:
		size, err = png.DecodeConfig(again)
	case JPEG:
		size, err = jpeg.DecodeConfig(again)
	case PDF:
		err = nil
	default:
		return Content{}, ErrKind
	}
	switch {
	case in.err != nil:
		return Content{}, in.err
	case err != nil: // what the decoder says may quote the content
		return Content{}, fmt.Errorf("header does not decode: %w", ErrBroken)
	}
	if c.Media != PDF {
		if size.Width < 1 || size.Height < 1 {
			return Content{}, fmt.Errorf("no pixels: %w", ErrBroken)
		}
		if size.Width > MaxSide || size.Height > MaxSide || size.Width*size.Height > MaxPixels {
			return Content{}, ErrTooWide
		}
		c.Width, c.Height = size.Width, size.Height
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return Content{}, err
	}
	if !ends(c.Media, in.last) {
		return Content{}, fmt.Errorf("cut short: %w", ErrBroken)
	}
	c.Size = in.size
	c.Digest = "sha-256=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"
	return c, nil
}

// iend is the last chunk of every PNG (PNG 3rd edition, 11.2.5) with its CRC.
var iend = []byte("\x00\x00\x00\x00IEND\xae\x42\x60\x82")

// ends tells whether a content of which tail are the last bytes came whole, as
// far as its kind lets that be seen: after the end of a JPEG phones append
// films and depth maps.
func ends(m Media, tail []byte) bool {
	switch m {
	case PNG:
		return bytes.Contains(tail, iend)
	case PDF:
		return bytes.Contains(tail, []byte("startxref")) && bytes.Contains(tail, []byte("%%EOF"))
	}
	return true
}

// intake hands on what it reads, remembers the last bytes, and knows its own
// failures from a decoder's.
type intake struct {
	from  io.Reader
	to    io.Writer
	limit int64
	size  int64
	last  []byte
	err   error // of the way, not of the content
}

// tailSize is within which a PDF must end, by which readers go.
const tailSize = 1024

// Read reads, and has written what it gives.
func (i *intake) Read(p []byte) (int, error) {
	if i.err != nil {
		return 0, i.err
	}
	n, err := i.from.Read(p)
	if i.size += int64(n); i.size > i.limit {
		i.err = ErrTooLarge
		return 0, i.err
	}
	if n > 0 {
		if _, werr := i.to.Write(p[:n]); werr != nil {
			i.err = werr
			return 0, werr
		}
		i.remember(p[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		i.err = err
	}
	return n, err
}

// remember keeps the last bytes, in place.
func (i *intake) remember(p []byte) {
	p = p[max(0, len(p)-tailSize):]
	if over := len(i.last) + len(p) - tailSize; over > 0 {
		i.last = i.last[:copy(i.last, i.last[over:])]
	}
	i.last = append(i.last, p...)
}

// MaxSize is the most bytes of one content, MaxTotal of all in one visit.
const (
	MaxSize  = contract.MaxAttachment
	MaxTotal = contract.MaxAttached
	MaxFiles = contract.MaxAttachments
)
