package outbox

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
)

// Outbox is an open outbox. It is safe for use by several goroutines.
type Outbox struct {
	dir    string
	o      Options
	lock   *os.File
	write  *sql.DB // one connection: every change goes through it, in turn
	read   *sql.DB // lists and look-ups, never waits for write
	tend   *sql.DB // checkpoints
	st     statements
	damage *Damage
	logged atomic.Int64 // pages written to the log since the last checkpoint

	parts sync.Mutex // held while a part gets or loses its submission

	mu      sync.Mutex // guards changed, closed
	changed chan struct{}
	closed  bool
}

const (
	pageSize = 4096
	// logPages is how many pages the log is laid out for: 4 MiB, about a hundred
	// acceptances between two checkpoints.
	logPages = 1024 // of frameSize each
	storeDir = "store"
	fileName = "outbox.db"
)

// Open opens the outbox in dir, which it makes (mode 0700) where it is
// missing, and waits for no one: a second process gets ErrInUse. A store that
// is damaged is set aside and saved as far as it can be read; Damage then says
// what happened. Submissions that were being sent when the power went are in
// state Resend. It fails with ErrReadOnly, ErrFull, ErrNewer, or, when even the
// saving fails, with ErrDamaged and leaves everything where it was.
//
// It may take seconds after a damage, else well below one.
func Open(ctx context.Context, dir string, o Options) (*Outbox, error) {
	o = o.withDefaults()
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := makeDir(dir); err != nil {
		return nil, classify("make the folder", err)
	}
	if made {
		if err := syncDir(filepath.Dir(filepath.Clean(dir))); err != nil {
			return nil, classify("sync the folder", err)
		}
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	b := &Outbox{dir: dir, o: o, lock: lock, changed: make(chan struct{})}
	if err = b.open(ctx); errors.Is(err, ErrFull) && giveSpare(dir) {
		_ = b.closeStore()
		err = b.open(ctx)
	}
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Outbox) open(ctx context.Context) error {
	if err := finishSwap(b.dir); err != nil {
		return classify("finish an earlier rescue", err)
	}
	store := filepath.Join(b.dir, storeDir)
	err := inspect(ctx, store)
	if errors.Is(err, ErrDamaged) {
		b.damage, err = rescue(ctx, b.dir, b.o.Now(), err)
	}
	if err != nil {
		return err
	}
	if err := makeDir(store); err != nil {
		return classify("make the folder", err)
	}
	file := filepath.Join(store, fileName)
	if err := touch(file); err != nil {
		return classify("make the file", err)
	}
	if b.write, err = connect(file, 1, "synchronous(FULL)", "secure_delete(ON)"); err != nil {
		return classify("open", err)
	}
	if err := migrate(ctx, b.write); err != nil {
		return err
	}
	if b.read, err = connect(file, 2, "query_only(ON)"); err != nil {
		return classify("open for reading", err)
	}
	if b.tend, err = connect(file, 1, "synchronous(FULL)"); err != nil {
		return classify("open for upkeep", err)
	}
	if err := b.layLog(ctx, file+"-wal"); err != nil {
		return classify("lay out the log", err)
	}
	if b.st, err = prepare(ctx, b.write, b.read); err != nil {
		return classify("prepare", err)
	}
	if err := b.resume(ctx); err != nil {
		return classify("take up where it was left", err)
	}
	if err := b.laySpare(); err != nil && !errors.Is(err, unix.ENOSPC) {
		return classify("set room aside", err)
	}
	parts := filepath.Join(b.dir, partsDir)
	if err := makeDir(parts); err != nil {
		return classify("make the folder", err)
	}
	if err := b.sweepParts(ctx); err != nil {
		return classify("sweep parts", err)
	}
	for _, d := range []string{store, parts, b.dir} {
		if err := syncDir(d); err != nil {
			return classify("sync the folder", err)
		}
	}
	return nil
}

// Damage tells what was set aside when this outbox was opened; nil = nothing.
func (b *Outbox) Damage() *Damage { return b.damage }

// Close gives the outbox back. Whoever waits in Await gets ErrClosed. Calling
// it again does nothing.
func (b *Outbox) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.changed)
	b.mu.Unlock()
	return classify("close", errors.Join(b.closeStore(), b.lock.Close()))
}

func (b *Outbox) closeStore() error {
	b.st.close()
	var errs []error
	for _, db := range []*sql.DB{b.tend, b.read, b.write} { // write last: it made the log
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fi, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if fi.Mode().Perm() != 0o700 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// lockDir takes the lock that keeps a second process out. The kernel drops it
// with the process, however that ends, so no stale lock can stop the queue.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, classify("lock", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("outbox: lock %s: %w", dir, ErrInUse)
		}
		return nil, classify("lock", err)
	}
	return f, nil
}

// touch makes the file with mode 0600, which SQLite then copies to its log.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// connect opens up to n connections to file. All of them leave checkpoints to
// upkeep, keep the log when they close, and hold at most half a MiB of pages each.
func connect(file string, n int, pragmas ...string) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?_txlock=immediate"
	for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "wal_autocheckpoint(0)",
		"cache_size(-512)", "temp_store(MEMORY)"}, pragmas...) {
		dsn += "&_pragma=" + p
	}
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(keepLog{c})
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	if err := db.Ping(); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// keepLog makes connections that do not delete the log when the last closes.
type keepLog struct{ driver.Connector }

func (k keepLog) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	fc, ok := c.(sqlite.FileControl)
	if !ok {
		return nil, errors.Join(errors.New("driver cannot keep its log"), c.Close())
	}
	if _, err := fc.FileControlPersistWAL("main", 1); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// layLog writes the log out to its full length once: from then on a commit
// overwrites blocks that the file already has. In any case the log begins anew
// afterwards, so that nothing of an earlier process is left within its salt.
func (b *Outbox) layLog(ctx context.Context, wal string) error {
	conn, err := b.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	run := func(queries ...string) error {
		for _, q := range queries {
			if _, err := conn.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run("DROP TABLE IF EXISTS room"); err != nil { // of one that was killed while it did this
		return err
	}
	if size(wal) < logPages*frameSize {
		if err := run("PRAGMA synchronous=OFF", "CREATE TABLE room (n INTEGER PRIMARY KEY, x BLOB)"); err != nil {
			return err
		}
		for size(wal) < logPages*frameSize { // 64 pages are rewritten each time
			if err := run(fmt.Sprintf("INSERT OR REPLACE INTO room VALUES (1, zeroblob(%d))", 60*pageSize)); err != nil {
				return err
			}
		}
		if err := run("DROP TABLE room", fmt.Sprintf("PRAGMA application_id=%d", laidOut), "PRAGMA synchronous=FULL"); err != nil {
			return err
		}
	}
	err = run("PRAGMA wal_checkpoint(RESTART)")
	if errors.Is(classify("", err), ErrFull) {
		return nil // what is in the log can still be delivered
	}
	return err
}

func size(file string) int64 {
	fi, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// checkpointAt is after how many logged pages upkeep moves the log into the
// database, so that the log starts again from its beginning.
const checkpointAt = logPages / 2

// upkeep checkpoints when enough was logged. It never waits for a reader and
// a writer never waits for it; a failure costs only room and comes again.
func (b *Outbox) upkeep() {
	if b.logged.Load() < checkpointAt {
		return
	}
	b.checkpoint()
	_ = b.laySpare() // taken back once there is room again
}

func (b *Outbox) checkpoint() {
	var busy, log, done int64
	err := b.tend.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &done)
	if err == nil && log == done {
		b.logged.Store(0)
	}
}

// note counts the log pages of a change and tells everyone who waits.
func (b *Outbox) note(bytes int) {
	b.logged.Add(int64(bytes/pageSize + 6))
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		close(b.changed)
		b.changed = make(chan struct{})
	}
}

// Changed is closed at the next change of any submission. Take it before
// looking, look, then wait for it, and no change is missed. It is closed for
// good when the outbox is.
func (b *Outbox) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
