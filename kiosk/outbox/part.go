package outbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Part is one sealed file that belongs to a submission.
type Part struct {
	Name string // SHA-256 of its sealed bytes, in hexadecimal
	Size int64  // bytes
}

var partName = regexp.MustCompile(`^[0-9a-f]{64}$`)

const (
	partsDir = "parts"
	newPart  = "new-*" // being written
)

func (b *Outbox) partFile(name string) string { return filepath.Join(b.dir, partsDir, name) }

// PartWriter takes in the sealed bytes of one part. It is for one goroutine.
type PartWriter struct {
	b    *Outbox
	f    *os.File
	sum  hash.Hash
	size int64
}

// NewPart begins a part. Parts lie as files beside the database. A submission
// may refer to a part once Keep has returned; one to which none does is deleted
// by DropPart, and when the outbox is opened. NewPart fails with ErrFull while
// there is no room for the largest part above Options.MinFree.
func (b *Outbox) NewPart() (*PartWriter, error) {
	if free, err := freeBytes(b.dir); err == nil && b.o.MinFree >= 0 && free-b.o.MaxPart < b.o.MinFree {
		return nil, fmt.Errorf("outbox: take a part: %w: %d MiB left", ErrFull, free>>20)
	}
	f, err := os.CreateTemp(filepath.Join(b.dir, partsDir), newPart) // mode 0600
	if err != nil {
		return nil, b.classify("take a part", err)
	}
	return &PartWriter{b: b, f: f, sum: sha256.New()}, nil
}

// Write appends p. It fails with ErrInvalid beyond Options.MaxPart.
func (w *PartWriter) Write(p []byte) (int, error) {
	if w.size+int64(len(p)) > w.b.o.MaxPart {
		return 0, fmt.Errorf("outbox: take a part: %w: over %d bytes", ErrInvalid, w.b.o.MaxPart)
	}
	n, err := w.f.Write(p)
	w.size += int64(n)
	_, _ = w.sum.Write(p[:n])
	return n, w.b.classify("take a part", err)
}

// Keep makes the part durable under its name: the file, then its directory
// entry. Nothing may be written any more.
func (w *PartWriter) Keep() (Part, error) {
	p := Part{Name: hex.EncodeToString(w.sum.Sum(nil)), Size: w.size}
	if w.size == 0 {
		return Part{}, fmt.Errorf("outbox: keep a part: %w: nothing in it", ErrInvalid)
	}
	err := w.f.Sync()
	if err == nil {
		err = w.f.Close()
	}
	if err == nil {
		err = os.Rename(w.f.Name(), w.b.partFile(p.Name))
	}
	if err == nil {
		err = syncDir(filepath.Join(w.b.dir, partsDir))
	}
	return p, w.b.classify("keep a part", err)
}

// Drop deletes what was written if Keep was not called or failed.
func (w *PartWriter) Drop() {
	_ = w.f.Close()
	_ = os.Remove(w.f.Name())
}

// DropPart deletes the part called name. It fails with ErrHeld when a submission
// refers to it; one that is not there is no error.
func (b *Outbox) DropPart(ctx context.Context, name string) error {
	if !partName.MatchString(name) {
		return fmt.Errorf("outbox: drop a part: %w: not a part's name", ErrInvalid)
	}
	b.parts.Lock()
	defer b.parts.Unlock()
	var held bool
	err := b.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM submission WHERE dropped = 0 AND parts LIKE ?)", "%"+name+"%").Scan(&held)
	switch {
	case err != nil:
		return bare(ctx, classify("drop a part", err))
	case held:
		return fmt.Errorf("outbox: drop part %s: %w", name, ErrHeld)
	}
	if err := os.Remove(b.partFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b.classify("drop a part", err)
	}
	return nil
}

// OpenPart opens p for reading after it has read it whole and held it against
// its name. It fails with ErrDamaged when the disk has lost it. The caller closes.
func (b *Outbox) OpenPart(p Part) (*os.File, error) {
	f, err := os.Open(b.partFile(p.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("outbox: open part %s: %w: no file", p.Name, ErrDamaged)
	}
	if err != nil {
		return nil, b.classify("open part "+p.Name, err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil && (n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.Name) {
		err = fmt.Errorf("outbox: open part %s: %w: checksum differs", p.Name, ErrDamaged)
	} else if err != nil {
		err = fmt.Errorf("outbox: open part %s: %w: %w", p.Name, ErrDamaged, err)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// tell and hear write parts as one column has them: "name:size name:size".
func tell(parts []Part) string {
	var s []string
	for _, p := range parts {
		s = append(s, p.Name+":"+strconv.FormatInt(p.Size, 10))
	}
	return strings.Join(s, " ")
}

func hear(s string) (parts []Part, weight int64) {
	for one := range strings.FieldsSeq(s) {
		name, size, _ := strings.Cut(one, ":")
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || !partName.MatchString(name) {
			continue
		}
		parts = append(parts, Part{name, n})
		weight += n
	}
	return parts, weight
}

// Lacking gives the first n pending submissions that are due at now and of which
// central may lack parts, in the order of acceptance, without their bytes.
func (b *Outbox) Lacking(ctx context.Context, now time.Time, n int) ([]Entry, error) {
	return b.entries(ctx, "SELECT "+columns+` FROM submission
		WHERE pending = 1 AND lacking = 1 AND (due <= ?1 OR due > ?2) ORDER BY seq LIMIT ?3`, millis(now), millis(now.Add(maxWait)), n)
}

// partDamaged is why a submission cannot be sent whose part the disk has lost.
var partDamaged = Reason{Code: "attachment-damaged", Text: "an attachment on the disk is not what was written",
	Owner: Technician, Next: "check the disk, ask the citizen to hand the paper in at the counter"}

// MarkPartDamaged sets id aside because the disk has lost a part of it, and tells
// why.
func (b *Outbox) MarkPartDamaged(id string) (Reason, Mark) {
	return partDamaged, b.MarkRefused(id, partDamaged)
}

// sweepParts deletes the files to which no submission refers: of a visit that
// did not end, of a submission that was let go. As long as a damaged store lies
// aside nothing is deleted, as it may tell of what this one does not. Then it
// sets aside pending submissions whose parts are not there.
func (b *Outbox) sweepParts(ctx context.Context) error {
	damaged, err := aside(b.dir)
	if err != nil {
		return err
	}
	names, err := partsOf(ctx, b.read, "SELECT parts FROM submission WHERE dropped = 0 AND parts <> ''")
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for _, name := range names {
		held[name] = true
	}
	files, err := os.ReadDir(filepath.Join(b.dir, partsDir))
	if err != nil {
		return err
	}
	for _, f := range files {
		if held[f.Name()] || len(damaged) > 0 {
			continue
		}
		if err := os.Remove(b.partFile(f.Name())); err != nil {
			return err
		}
	}
	list, err := b.entries(ctx, "SELECT "+columns+" FROM submission WHERE pending = 1 AND lacking = 1")
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, p := range e.Parts {
			if size(b.partFile(p.Name)) != p.Size {
				_, mark := b.MarkPartDamaged(e.ID)
				if _, err := b.apply(ctx, []Mark{mark}); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// asker is a database or a transaction of it.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// partsOf gives the names of the parts that the rows of query tell.
func partsOf(ctx context.Context, db asker, query string, args ...any) (names []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		parts, _ := hear(s)
		for _, p := range parts {
			names = append(names, p.Name)
		}
	}
	return names, rows.Err()
}

// checkPart reads p whole and holds it against its name.
func (b *Outbox) checkPart(p Part) error {
	f, err := b.OpenPart(p)
	if err != nil {
		return err
	}
	return f.Close()
}
