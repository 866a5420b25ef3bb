package oto

import (
	"errors"
	"testing"
	"testing/synctest"
)

// A device that answers long after anybody waited for it is the next one's: it is
// open, so that to ask for another would find it taken for good.
func TestLateDeviceIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, calls, answer := New("speaker"), 0, make(chan *line)
		j.connect = func(string) (*line, error) {
			calls++
			return <-answer, nil
		}
		for range 3 {
			if l, err := j.newLine(); !errors.Is(err, errStuck) {
				t.Fatalf("newLine = %v, %v; want that the device hangs", l, err)
			}
		}
		late := &line{}
		answer <- late
		synctest.Wait()
		l, err := j.newLine()
		if l != late || err != nil || calls != 1 {
			t.Errorf("newLine = %p, %v after %d calls; want the first one's line %p", l, err, calls, late)
		}
	})
}

// What the device says is what Open says.
func TestNoDevice(t *testing.T) {
	j, none := New("speaker"), errors.New("no card")
	j.connect = func(string) (*line, error) { return nil, none }
	for range 2 {
		if l, err := j.newLine(); l != nil || !errors.Is(err, none) {
			t.Errorf("newLine = %v, %v; want none", l, err)
		}
	}
}
