package camera

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"motcua/devices"
)

// The tests named TestLab run in a virtual machine whose kernel plays a camera
// (vivid, a test card that moves): scripts/lab/run.sh with vivid among its modules.
// There the driver meets V4L2 and the kernel's way of putting frames into memory.

// vivid gives the node of the kernel's camera.
func vivid(t *testing.T) string {
	t.Helper()
	if os.Getenv("MOTCUA_LAB") == "" {
		t.Skip("needs the lab's virtual machine: scripts/lab/run.sh")
	}
	for _, path := range []string{"/dev/video0", "/dev/video1", "/dev/video2"} {
		v, err := OpenVideo(t.Context(), "camera", path, 640, 360)
		if err != nil {
			continue
		}
		model := v.Plate().Model
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if model == "vivid" {
			return path
		}
	}
	t.Skip("no vivid in this machine: add it to the modules of scripts/lab/run.sh")
	return ""
}

func TestLabFrames(t *testing.T) {
	path := vivid(t)
	v, err := OpenVideo(t.Context(), "camera", path, 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	w, h, format := v.Size()
	t.Logf("%v: %d by %d, %s", v.Plate(), w, h, format)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var before []byte
	changed := false
	for i := range 10 {
		frame, err := v.Frame(ctx)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if frame.Rect.Dx() != w || frame.Rect.Dy() != h {
			t.Fatalf("frame %d: %v; want %d by %d", i, frame.Rect, w, h)
		}
		var seen [256]bool
		levels := 0
		for _, l := range frame.Pix {
			if !seen[l] {
				seen[l], levels = true, levels+1
			}
		}
		if levels < 5 {
			t.Errorf("frame %d has %d levels; a test card has more", i, levels)
		}
		changed = changed || before != nil && string(before) != string(frame.Pix)
		before = append(before[:0], frame.Pix...)
	}
	if !changed {
		t.Error("ten frames are all the same: the test card has a clock on it")
	}
}

// A cancel leaves the camera usable; after a pause the first frame is a new one.
func TestLabCancel(t *testing.T) {
	v, err := OpenVideo(t.Context(), "camera", vivid(t), 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Frame(ended); err != context.Canceled {
		t.Errorf("Frame = %v; want the context's own error, bare", err)
	}
	<-time.After(3 * time.Second)
	began := time.Now()
	if _, err := v.Frame(t.Context()); err != nil {
		t.Fatal(err)
	}
	if time.Since(began) > 10*time.Second {
		t.Error("the first frame after a pause took 10 s")
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for err == nil {
		_, err = v.Frame(short)
	}
	if err != context.DeadlineExceeded {
		t.Errorf("Frame = %v; want the context's own error, bare", err)
	}
	if _, err := v.Frame(t.Context()); err != nil {
		t.Errorf("after the cancel Frame = %v", err)
	}
}

func TestLabClose(t *testing.T) {
	path := vivid(t)
	for round := range 20 {
		v, err := OpenVideo(t.Context(), "camera", path, 640, 360)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if round == 0 {
			if _, err := OpenVideo(t.Context(), "camera", path, 640, 360); !errors.Is(err, devices.ErrRefused) {
				t.Errorf("a second OpenVideo = %v; want ErrRefused", err)
			}
		}
		result := make(chan error, 1)
		go func() {
			for {
				if _, err := v.Frame(context.Background()); err != nil {
					result <- err
					return
				}
			}
		}()
		for range round {
			runtime.Gosched()
		}
		for range 2 {
			if err := v.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
		select {
		case err := <-result:
			if !errors.Is(err, devices.ErrClosed) {
				t.Errorf("round %d: Frame = %v; want ErrClosed", round, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("Close does not unblock Frame")
		}
	}
}

// control is struct v4l2_queryctrl.
type control struct {
	ID, Type uint32
	Name     [32]byte
	_        [7]uint32
}

// TestLabReplug presses vivid's own switch for a pulled cable. The cable is back when
// nobody has the camera open any more.
func TestLabReplug(t *testing.T) {
	path := vivid(t)
	v, err := OpenVideo(t.Context(), "camera", path, 640, 360)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	const (
		queryControl = iocBoth | 68<<16 | 'V'<<8 | 36
		setControl   = iocBoth | 8<<16 | 'V'<<8 | 28
		next         = 0x80000000
	)
	for c := (control{ID: next}); ; c.ID |= next {
		if err := ask(v.camera, queryControl, &c); err != nil {
			t.Skipf("this vivid has no switch to unplug it: %v", err)
		}
		if text(c.Name[:]) == "Disconnect" {
			result := make(chan error, 1)
			go func() {
				for {
					if _, err := v.Frame(context.Background()); err != nil {
						result <- err
						return
					}
				}
			}()
			set := [2]uint32{c.ID, 1}
			if err := ask(v.camera, setControl, &set); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err := <-result
			var named *devices.Error
			if !errors.Is(err, devices.ErrGone) || !errors.As(err, &named) || named.Unit != "camera" {
				t.Errorf("Frame = %v; want ErrGone with the unit named", err)
			}
			t.Logf("noticed after %v: %v", time.Since(began).Round(time.Millisecond), err)
			if _, err := OpenVideo(t.Context(), "camera", path, 640, 360); !errors.Is(err, devices.ErrGone) {
				t.Errorf("OpenVideo of what is gone = %v; want ErrGone", err)
			}
			_ = v.Close()
			again, err := OpenVideo(t.Context(), "camera", path, 640, 360)
			if err != nil {
				t.Fatalf("once it is back: %v", err)
			}
			defer again.Close()
			if _, err := again.Frame(t.Context()); err != nil {
				t.Errorf("once it is back: %v", err)
			}
			return
		}
	}
}
