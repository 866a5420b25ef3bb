package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Damage is what was found broken when the outbox was opened, and what became
// of it. A technician must look at the disk and at the set-aside folder.
type Damage struct {
	At         time.Time
	Cause      string   // what was found
	Aside      string   // folder with the damaged store, as it was
	Saved      int      // submissions carried over whole
	Lost       []string // ids whose bytes are unreadable; kept as refused
	Unreadable int      // places where something was kept that cannot be read
	MayMiss    bool     // more may have been there of which nothing tells any more
}

const (
	rescueDir   = "store.rescue" // scratch: a copy that may be written
	freshDir    = "store.fresh"  // the new store, complete when it has this name
	asidePrefix = "store.damaged-"
	// laidOut is SQLite's application_id of a store whose log was laid out to
	// its full length. Such a store never has a short log.
	laidOut = 0x4d43_4f42
)

var rescued = Reason{Code: "rescued", Text: "its row was lost with a damaged store, its bytes were saved",
	Next: "sent again by itself"}

// inspect reads a store without changing what it holds. It fails with
// ErrDamaged when anything is not as it was written.
func inspect(ctx context.Context, store string) error {
	file := filepath.Join(store, fileName)
	head := make([]byte, 100)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		if fi, err := os.Stat(file + "-wal"); err == nil && fi.Size() > 0 {
			return fmt.Errorf("outbox: inspect: %w: a log without its database", ErrDamaged)
		}
		return nil
	}
	if err != nil {
		return classify("inspect", err)
	}
	n, err := io.ReadFull(f, head)
	_ = f.Close()
	fi, walErr := os.Stat(file + "-wal")
	switch {
	case n == 0 && (walErr != nil || fi.Size() == 0):
		return nil // made, and then the power went
	case err != nil:
		return fmt.Errorf("outbox: inspect: %w: database is cut short", ErrDamaged)
	case binary.BigEndian.Uint32(head[68:]) == laidOut && (walErr != nil || fi.Size() < logPages*frameSize):
		return fmt.Errorf("outbox: inspect: %w: %w", ErrDamaged, errNoLog)
	}
	if walErr == nil && fi.Size() > 0 {
		bad, err := broken(file + "-wal")
		if err != nil {
			return classify("inspect the log", err)
		}
		if bad {
			return fmt.Errorf("outbox: inspect: %w: the log is broken", ErrDamaged)
		}
	}
	db, err := connect(file, 1)
	if err != nil {
		return classify("inspect", err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return classify("inspect", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("outbox: inspect: %w: %s", ErrDamaged, verdict)
	}
	return nil
}

var errNoLog = errors.New("the log is missing or cut short")

// rescue sets the store aside and puts a new one in its place with all that
// can be read. Until the last two renames nothing of the old one is touched.
func rescue(ctx context.Context, dir string, now time.Time, cause error) (*Damage, error) {
	d := &Damage{At: now, Cause: cause.Error(), MayMiss: errors.Is(cause, errNoLog)}
	fail := func(err error) (*Damage, error) {
		return nil, fmt.Errorf("%w (it is left in place: %w)", classify("rescue", err), cause)
	}
	store, scratch, fresh := filepath.Join(dir, storeDir), filepath.Join(dir, rescueDir), filepath.Join(dir, freshDir+".part")
	for _, p := range []string{scratch, fresh} {
		if err := errors.Join(os.RemoveAll(p), os.Mkdir(p, 0o700)); err != nil {
			return fail(err)
		}
	}
	for _, name := range []string{fileName, fileName + "-wal"} {
		if err := copyFile(filepath.Join(scratch, name), filepath.Join(store, name)); err != nil {
			return fail(err)
		}
	}
	if err := relink(filepath.Join(scratch, fileName+"-wal")); err != nil {
		return fail(err)
	}
	if err := d.carry(ctx, filepath.Join(scratch, fileName), filepath.Join(fresh, fileName)); err != nil {
		return fail(err)
	}
	d.Aside = freeName(filepath.Join(dir, asidePrefix+now.UTC().Format("20060102T150405Z")))
	if err := errors.Join(os.RemoveAll(scratch), syncDir(fresh), os.Rename(fresh, filepath.Join(dir, freshDir)), syncDir(dir),
		os.Rename(store, d.Aside), finishSwap(dir)); err != nil {
		return fail(err)
	}
	return d, nil
}

// aside gives the folders of damaged stores that lie in dir, oldest first.
func aside(dir string) (folders []string, err error) {
	entries, err := os.ReadDir(dir) // not Glob: the folder's own name may hold a pattern
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), asidePrefix) {
			folders = append(folders, filepath.Join(dir, e.Name()))
		}
	}
	return folders, err
}

// finishSwap puts a complete new store in place when the old one was already
// set aside, and drops what an interrupted rescue left unfinished.
func finishSwap(dir string) error {
	store, fresh := filepath.Join(dir, storeDir), filepath.Join(dir, freshDir)
	if _, err := os.Stat(fresh); err != nil {
		return nil
	}
	if _, err := os.Stat(store); err == nil {
		return os.RemoveAll(fresh) // the old one still stands: begin anew
	}
	return errors.Join(os.Rename(fresh, store), syncDir(dir))
}

// carry copies every readable submission from the damaged database to a new
// one, place by place, so that a bad page costs only what is on it.
func (d *Damage) carry(ctx context.Context, from, to string) error {
	dst, err := connect(to, 1, "synchronous(FULL)")
	if err != nil {
		return err
	}
	defer dst.Close()
	if err := migrate(ctx, dst); err != nil {
		return err
	}
	if _, err := dst.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if err := mendHead(from, to); err != nil {
		return err
	}
	src, err := connect(from, 1)
	if err != nil { // nothing can be read
		d.Unreadable, d.MayMiss = d.Unreadable+1, true
		return nil
	}
	defer src.Close()
	tx, err := dst.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	last := lastSeq(ctx, src)
	d.MayMiss = d.MayMiss || last == 0
	for seq := int64(1); seq <= last; seq++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.carryOne(ctx, src, tx, seq); err != nil {
			return err
		}
	}
	carryHeard(ctx, src, tx)
	if err := tx.Commit(); err != nil {
		return err
	}
	// A closed database without a log is whole by itself.
	_, err = dst.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// mendHead makes a copy such that SQLite opens it: a first page that is none
// (header and schema) is replaced by that of a new database with the same
// schema, and pages that were cut off are made up as empty ones.
func mendHead(file, fresh string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	page, magic := make([]byte, pageSize), []byte("SQLite format 3\x00")
	if _, err := f.ReadAt(page, 0); err == nil && bytes.HasPrefix(page, magic) {
		if want := int64(binary.BigEndian.Uint32(page[28:])) * pageSize; size(file) < want {
			return f.Truncate(want)
		}
		return nil
	}
	n, err := os.Open(fresh)
	if err != nil {
		return err
	}
	defer n.Close()
	if _, err := n.ReadAt(page, 0); err != nil {
		return err
	}
	// As of sqlite.org/fileformat2.html, 1.3: size in pages, no free list.
	binary.BigEndian.PutUint32(page[28:], uint32(size(file)/pageSize))
	clear(page[32:40])
	_, err = f.WriteAt(page, 0)
	return err
}

// lastSeq is the highest place that either table still tells of.
func lastSeq(ctx context.Context, src *sql.DB) int64 {
	var last int64
	for _, table := range []string{"submission", "payload"} {
		for _, way := range []string{"ASC", "DESC"} {
			rows, err := src.QueryContext(ctx, "SELECT seq FROM "+table+" NOT INDEXED ORDER BY seq "+way)
			if err != nil {
				continue
			}
			for rows.Next() {
				var seq int64
				if rows.Scan(&seq) == nil {
					last = max(last, seq)
				}
			}
			_ = rows.Close()
		}
	}
	return last
}

func (d *Damage) carryOne(ctx context.Context, src *sql.DB, tx *sql.Tx, seq int64) error {
	var sum, sealed []byte
	var id string
	perr := src.QueryRowContext(ctx, "SELECT id, sum, sealed FROM payload WHERE seq = ?", seq).Scan(&id, &sum, &sealed)
	got := sha256.Sum256(sealed)
	whole := perr == nil && bytes.Equal(got[:], sum)
	e, rerr := scanEntry(src.QueryRowContext(ctx, "SELECT "+columnsV1+", '', 0 FROM submission NOT INDEXED WHERE seq = ?", seq))
	switch {
	case rerr == nil && whole:
		d.Saved++
	case rerr == nil && !e.Dropped.IsZero():
		d.Saved++
	case rerr == nil && e.State == Received: // central has it: only its copy is gone
		e.Dropped = d.At
		d.Saved++
	case rerr == nil:
		e.State, e.Reason = Refused, damaged
		d.Lost = append(d.Lost, e.ID)
	case whole:
		e = Entry{ID: id, SecretHash: []byte{}, Sum: sum, Size: len(sealed), Accepted: d.At, State: Resend, Reason: rescued}
		d.Saved++
	default:
		if !errors.Is(rerr, sql.ErrNoRows) || perr != nil && !errors.Is(perr, sql.ErrNoRows) || perr == nil {
			d.Unreadable++
		}
		return nil
	}
	parts := savedParts(ctx, src, seq)
	_, weight := hear(parts)
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO submission (seq, pending, `+columns+`, weight)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		seq, e.Pending(), e.ID, e.Claim, e.Procedure, e.SecretHash, e.Digest, e.Sum, e.Size, millis(e.Created),
		millis(e.Accepted), e.State, e.Reason.Code, e.Reason.Text, e.Reason.Owner, e.Reason.Next, e.Attempts,
		millis(e.Tried), millis(e.Due), millis(e.Central.At), millis(e.Central.Heard), millis(e.Central.Asked),
		e.Central.State, e.Central.Dossier, millis(e.Dropped), parts, e.Pending() && parts != "", weight)
	if err == nil && whole && e.Dropped.IsZero() {
		_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO payload (seq, id, sum, sealed, parts) VALUES (?, ?, ?, ?, ?)",
			seq, e.ID, sum, sealed, parts)
	}
	return err
}

// savedParts gives the parts of the submission at seq as either table tells them;
// a store of before there were any tells none.
func savedParts(ctx context.Context, src *sql.DB, seq int64) (parts string) {
	for _, table := range []string{"submission NOT INDEXED", "payload"} {
		if src.QueryRowContext(ctx, "SELECT parts FROM "+table+" WHERE seq = ?", seq).Scan(&parts) == nil && parts != "" {
			return parts
		}
	}
	return ""
}

// copyFile copies from to to; a file that is not there is no copy.
func copyFile(to, from string) error {
	r, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Sync(), w.Close())
}

// freeName gives path, or path with a number if something has that name.
func freeName(path string) string {
	name := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s.%d", path, n)
	}
}
