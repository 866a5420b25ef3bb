package parts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const station, id = "CN-03", "01900000-0000-7000-8000-000000000001"

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), Folder), 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func content(n int) ([]byte, Key) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	sum := sha256.Sum256(b)
	return b, Key{station, id, hex.EncodeToString(sum[:])}
}

func begin(t *testing.T, s *Store, k Key, n int) {
	t.Helper()
	if _, err := s.Begin(t.Context(), k, int64(n)); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, s *Store, k Key, offset int, b []byte) Upload {
	t.Helper()
	u, err := s.Append(t.Context(), k, int64(offset), bytes.NewReader(b), func() {})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Whoever asks for a part ends what hangs on it, and finds all that came.
func TestNewcomerEndsWhatHangs(t *testing.T) {
	s := newStore(t)
	b, k := content(1000)
	begin(t, s, k, len(b))
	from, to := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Append(context.Background(), k, 0, from, func() { _ = to.CloseWithError(io.ErrUnexpectedEOF) })
		ended <- err
	}()
	if _, err := to.Write(b[:400]); err != nil { // returns once it was read
		t.Fatal(err)
	}
	u, err := s.Find(t.Context(), k)
	if err != nil || u.Offset != 400 {
		t.Errorf("Find = %+v, %v, want 400 bytes", u, err)
	}
	if err := <-ended; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the one that hung: %v", err)
	}
	if u := add(t, s, k, 400, b[400:]); !u.Whole() {
		t.Errorf("after the rest: %+v", u)
	}
}

// A central that ended after the last byte and before it looked at the part
// looks when it is asked; one that lost bytes to a power cut begins anew.
func TestEndedBeforeItWasLookedAt(t *testing.T) {
	for _, spoilt := range []bool{false, true} {
		s := newStore(t)
		b, k := content(1000)
		begin(t, s, k, len(b))
		add(t, s, k, 0, b[:999])
		last := b[999]
		if spoilt {
			last ^= 1
		}
		path := filepath.Join(s.dir, station, id, k.Name+".1000")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte{last}); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		u, err := s.Find(t.Context(), k)
		if spoilt {
			if !errors.Is(err, ErrUnknown) {
				t.Errorf("spoilt: %+v, %v", u, err)
			}
		} else if err != nil || !u.Whole() {
			t.Errorf("whole: %+v, %v", u, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	s := newStore(t)
	b, k := content(1000)
	begin(t, s, k, len(b))
	add(t, s, k, 0, b[:10])
	s.now = func() time.Time { return time.Now().Add(Life - time.Hour) }
	if u, err := s.Find(t.Context(), k); err != nil || u.Offset != 10 {
		t.Errorf("within its time: %+v, %v", u, err)
	}
	s.now = func() time.Time { return time.Now().Add(Life + time.Hour) }
	if _, err := s.Find(t.Context(), k); !errors.Is(err, ErrUnknown) {
		t.Errorf("after its time: %v", err)
	}
	s.now = time.Now
	begin(t, s, k, len(b))
	if u := add(t, s, k, 0, b); !u.Whole() {
		t.Errorf("begun anew: %+v", u)
	}
}

func TestClaimAndSweep(t *testing.T) {
	s := newStore(t)
	b, k := content(1000)
	begin(t, s, k, len(b))
	add(t, s, k, 0, b)
	if missing, back, err := s.Claim(station, id, map[string]int64{k.Name: 999}); err != nil || len(missing) != 1 {
		t.Errorf("claim with another size: %v, %v", missing, err)
	} else {
		back()
	}
	missing, back, err := s.Claim(station, id, map[string]int64{k.Name: 1000})
	if err != nil || len(missing) != 0 {
		t.Fatalf("claim: %v, %v", missing, err)
	}
	known, kept := false, false
	sweep := func() int {
		t.Helper()
		n, err := s.Sweep(t.Context(), func(_ context.Context, st, i string) (bool, bool, error) {
			if st != station || i != id {
				t.Errorf("asked about %s %s", st, i)
			}
			return known, kept, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.now = func() time.Time { return time.Now().Add(Life + time.Hour) }
	if sweep() != 0 {
		t.Error("swept while it was claimed")
	}
	back()
	if known, kept = true, true; sweep() != 0 {
		t.Error("swept what belongs to a submission")
	}
	if f, err := s.Read(k); err != nil {
		t.Error(err)
	} else if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b) {
		t.Errorf("read %d bytes, %v", len(got), err)
	} else {
		_ = f.Close()
	}
	if kept = false; sweep() != 1 {
		t.Error("not swept though the content is no longer kept")
	}
	if _, err := s.Read(k); !errors.Is(err, ErrUnknown) {
		t.Errorf("read after the sweep: %v", err)
	}

	s.now = time.Now
	begin(t, s, k, len(b))
	add(t, s, k, 0, b)
	if known = false; sweep() != 0 {
		t.Error("swept before its time")
	}
	s.now = func() time.Time { return time.Now().Add(Life + time.Hour) }
	if sweep() != 1 {
		t.Error("not swept though nobody claimed it in its time")
	}
}

// No name of a station, submission or part leads out of the folder, and a disk
// without room takes nothing.
func TestNames(t *testing.T) {
	s := newStore(t)
	b, k := content(100)
	for _, bad := range []Key{{"..", id, k.Name}, {station, "../..", k.Name}, {station, id, "../x"}, {"", id, k.Name}} {
		if _, err := s.Begin(t.Context(), bad, 100); !errors.Is(err, ErrUnknown) {
			t.Errorf("Begin(%v) = %v", bad, err)
		}
	}
	s.minFree = 1 << 60
	if _, err := s.Begin(t.Context(), k, 100); !errors.Is(err, ErrFull) {
		t.Errorf("Begin on a full disk: %v", err)
	}
	s.minFree = 0
	begin(t, s, k, 100)
	s.minFree = 1 << 60
	if _, err := s.Append(t.Context(), k, 0, bytes.NewReader(b), func() {}); !errors.Is(err, ErrFull) {
		t.Errorf("Append on a full disk: %v", err)
	}
}
