package parts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

const otherEnv = "PARTS_TEST_OTHER"

// TestMain is also the other process of TestTwoProcesses.
func TestMain(m *testing.M) {
	if dir := os.Getenv(otherEnv); dir != "" {
		s, err := Open(dir, 0)
		if err == nil {
			b, k := content(300_000)
			err = push(context.Background(), s, k, b)
		}
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// push sends a part in small pieces, as a station does that breaks off and asks
// again, until it is whole.
func push(ctx context.Context, s *Store, k Key, b []byte) error {
	for {
		u, err := s.Begin(ctx, k, int64(len(b)))
		if errors.Is(err, ErrBusy) || errors.Is(err, ErrAltered) {
			continue
		}
		if err != nil || u.Whole() {
			return err
		}
		n := min(int64(rand.N(20_000)), u.Length-u.Offset)
		from := iotest.HalfReader(bytes.NewReader(b[u.Offset : u.Offset+n]))
		_, err = s.Append(ctx, k, u.Offset, from, func() {})
		switch {
		case err == nil, errors.Is(err, ErrOffset), errors.Is(err, ErrBusy), errors.Is(err, ErrUnknown):
		default:
			return err
		}
	}
}

// second opens the folder of s once more, as another process does.
func second(t *testing.T, s *Store) *Store {
	t.Helper()
	o, err := Open(s.dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func checkWhole(t *testing.T, s *Store, k Key, want []byte) {
	t.Helper()
	f, err := s.Read(k)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want the %d that were sent", len(got), err, len(want))
	}
	names, err := os.ReadDir(filepath.Join(s.dir, k.Station, k.ID))
	if err != nil || len(names) != 1 {
		t.Errorf("there lie %v, %v; want the part alone", names, err)
	}
}

// While one process is at work on a part another neither adds to it nor asks how
// far it is; when it is done the other finds it whole. Else the first would add
// to what the second took for whole.
func TestAnotherProcessWaits(t *testing.T) {
	s := newStore(t)
	o := second(t, s)
	o.patience = 50 * time.Millisecond
	b, k := content(1000)
	begin(t, s, k, len(b))
	from, to := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Append(context.Background(), k, 0, from, func() {})
		ended <- err
	}()
	if _, err := to.Write(b[:400]); err != nil { // returns once it was read
		t.Fatal(err)
	}
	if u, err := o.Find(t.Context(), k); !errors.Is(err, ErrBusy) {
		t.Errorf("Find = %+v, %v, want ErrBusy", u, err)
	}
	if u, err := o.Append(t.Context(), k, 400, bytes.NewReader(b[400:]), func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("Append = %+v, %v, want ErrBusy", u, err)
	}
	if _, err := to.Write(b[400:]); err != nil {
		t.Fatal(err)
	}
	_ = to.Close()
	if err := <-ended; err != nil {
		t.Errorf("the first one: %v", err)
	}
	if u, err := o.Find(t.Context(), k); err != nil || !u.Whole() {
		t.Errorf("Find afterwards = %+v, %v, want it whole", u, err)
	}
	checkWhole(t, o, k, b)
}

// However many push the same part into one folder at once, it comes out right,
// once.
func TestManyAtOnce(t *testing.T) {
	s := newStore(t)
	b, k := content(300_000)
	var all sync.WaitGroup
	for range 4 {
		o := second(t, s)
		o.patience = 20 * time.Millisecond
		all.Go(func() {
			if err := push(t.Context(), o, k, b); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	checkWhole(t, s, k, b)
}

func TestTwoProcesses(t *testing.T) {
	s := newStore(t)
	b, k := content(300_000)
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), otherEnv+"="+s.dir)
	var said bytes.Buffer
	other.Stderr = &said
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if err := push(t.Context(), s, k, b); err != nil {
		t.Error(err)
	}
	if err := other.Wait(); err != nil {
		t.Errorf("%v: %s", err, &said)
	}
	checkWhole(t, s, k, b)
}

// A folder that is swept away while a part is begun is made anew.
func TestBeginWhileSwept(t *testing.T) {
	s := newStore(t)
	o := second(t, s)
	b, k := content(100)
	stop := make(chan struct{})
	var sweeper sync.WaitGroup
	sweeper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := o.Sweep(context.Background(), func(context.Context, string, string) (bool, bool, error) { return true, false, nil }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 200 {
		if _, err := s.Begin(t.Context(), k, int64(len(b))); err != nil && !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
	}
	close(stop)
	sweeper.Wait()
}

// What central's folder is called is no pattern.
func TestFolderCalledLikeAPattern(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "central [1]"), 0)
	if err != nil {
		t.Fatal(err)
	}
	b, k := content(1000)
	if err := push(t.Context(), s, k, b); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, s, k, b)
	if n, err := s.Sweep(t.Context(), func(context.Context, string, string) (bool, bool, error) { return true, false, nil }); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}
