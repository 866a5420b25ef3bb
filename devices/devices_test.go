package devices_test

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"motcua/devices"
)

func TestFail(t *testing.T) {
	plain := devices.Fail("printer", "print", devices.ErrStaff, nil)
	if !errors.Is(plain, devices.ErrStaff) || errors.Is(plain, devices.ErrGone) {
		t.Errorf("%v gives another reason", plain)
	}
	caused := fmt.Errorf("receipt: %w", devices.Fail("printer", "print", devices.ErrGone, &fs.PathError{Op: "write", Path: "p", Err: syscall.EIO}))
	for _, want := range []error{devices.ErrGone, syscall.EIO} {
		if !errors.Is(caused, want) {
			t.Errorf("%v does not lead to %v", caused, want)
		}
	}
	var named *devices.Error
	if !errors.As(caused, &named) || named.Unit != "printer" || named.Op != "print" {
		t.Errorf("%v does not name unit and call", caused)
	}
}

func ExampleFail() {
	fmt.Println(devices.Fail("printer", "print", devices.ErrGone, syscall.EIO))
	// Output: printer: print: unit gone: input/output error
}
