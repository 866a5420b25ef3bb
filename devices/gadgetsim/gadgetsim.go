// Package gadgetsim is units on a USB bus that the kernel makes up (dummy_hcd and
// the gadget drivers below configfs), each with its cable: the computer's side is
// the real one, with cdc_acm or usblp bound to it, and the unit's side is a file
// here, at whose end a simulator's firmware works.
//
// It needs the lab's virtual machine, which scripts/lab/run.sh boots; elsewhere
// New skips the test.
package gadgetsim

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// VID is the vendor of all units here: pid.codes, for tests and hobbies.
const VID = 0x1209

// A Kind is what a unit is.
type Kind struct {
	pid      uint16
	socket   string // where units of this kind are plugged in
	function string
	driver   string // of the computer
	node     string // of the computer, below the interface; * is its number
	far      func(dir string) (string, error)
	set      map[string]string // attributes of the function
	product  string
}

// ACM is a unit that calls itself a modem, as scanners and printers with a "COM
// port over USB" do.
func ACM() Kind {
	return Kind{pid: 0x0011, socket: "dummy_udc.2", function: "acm.0", driver: "cdc_acm", node: "tty/ttyACM*", product: "Serial unit", far: func(dir string) (string, error) {
		n, err := os.ReadFile(filepath.Join(dir, "port_num"))
		return "/dev/ttyGS" + strings.TrimSpace(string(n)), err
	}}
}

// Printer is a unit of USB's printer class, as most receipt printers are.
func Printer() Kind {
	return Kind{
		pid: 0x0012, socket: "dummy_udc.3", function: "printer.0", driver: "usblp", node: "usbmisc/lp*", product: "Receipt printer",
		set: map[string]string{
			"pnp_string": "MFG:Lab;CMD:ESC/POS;MDL:Receipt printer;CLS:PRINTER;",
			"q_len":      strconv.Itoa(queued / request),
		},
		far: func(string) (string, error) { return "/dev/g_printer0", nil },
	}
}

// Name is what a unit is called in the configuration (hotplug.Name).
func (k Kind) Name() string { return fmt.Sprintf("usb:%04x:%04x", VID, k.pid) }

// The kernel's printer (f_printer) keeps what it received in requests of this size,
// and so many bytes at most until they are read. One that was read in part when the
// cable is pulled is freed, and yet used when it is back in (Linux 6.1): the unit
// would begin with old bytes, and the kernel die of it some time. So a read takes all
// that can have been kept.
const (
	request = 8192
	queued  = 5 * request
)

// limit is how long the kernel may take for anything.
const limit = 20 * time.Second

// sockets has one for each kind of unit, by its name, so that a scanner and a
// printer are there together; in each is one unit at a time, so that its USB name
// and the kernel's numbers mean that one. Other sockets are left to other tests.
var sockets = sync.OnceValue(func() map[string]chan struct{} {
	all := map[string]chan struct{}{}
	for _, k := range []Kind{ACM(), Printer()} {
		all[k.socket] = make(chan struct{}, 1)
	}
	return all
})

// Unit is one unit and its cable. Its methods are for one goroutine at a time.
type Unit struct {
	t    testing.TB
	kind Kind
	dir  string
	// mu guards what follows: firmware closes it, too.
	mu  sync.Mutex
	far *os.File
	in  *bufio.Reader // of far
}

// New makes a unit and plugs it in; the computer has bound its driver when it
// returns. It waits while another of its kind is plugged in. The unit is unplugged and gone at
// the end of the test.
func New(t testing.TB, k Kind) *Unit {
	t.Helper()
	if os.Getenv("MOTCUA_LAB") == "" {
		t.Skip("needs the lab's virtual machine: scripts/lab/run.sh")
	}
	socket := sockets()[k.socket]
	socket <- struct{}{}
	u := &Unit{t: t, kind: k, dir: "/sys/kernel/config/usb_gadget/" + strings.TrimSuffix(k.function, ".0")}
	t.Cleanup(func() {
		u.Unplug()
		if err := u.remove(); err != nil {
			t.Error(err)
		}
		<-socket
	})
	if err := u.make(); err != nil {
		t.Fatal(err)
	}
	u.Plug()
	return u
}

// make describes the unit to the kernel.
func (u *Unit) make() error {
	function := filepath.Join(u.dir, "functions", u.kind.function)
	for _, dir := range []string{u.dir, u.dir + "/strings/0x409", u.dir + "/configs/c.1", function} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	set := map[string]string{
		"idVendor": fmt.Sprint(VID), "idProduct": fmt.Sprint(u.kind.pid),
		"strings/0x409/manufacturer": "Lab", "strings/0x409/product": u.kind.product, "strings/0x409/serialnumber": "LAB0001",
	}
	for name, value := range u.kind.set {
		set["functions/"+u.kind.function+"/"+name] = value
	}
	for name, value := range set {
		if err := os.WriteFile(filepath.Join(u.dir, name), []byte(value), 0o644); err != nil {
			return err
		}
	}
	return os.Symlink(function, filepath.Join(u.dir, "configs/c.1", u.kind.function))
}

// remove takes it all back, in the only order that the kernel takes.
func (u *Unit) remove() error {
	var errs []error
	for _, path := range []string{"configs/c.1/" + u.kind.function, "functions/" + u.kind.function, "configs/c.1", "strings/0x409", ""} {
		if err := os.Remove(filepath.Join(u.dir, path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Plug puts the cable in; nothing happens if it is. The unit's side is open and
// the computer's node is there when it returns.
func (u *Unit) Plug() {
	u.t.Helper()
	if u.plugged() {
		return
	}
	if err := os.WriteFile(u.dir+"/UDC", []byte(u.kind.socket), 0o644); err != nil {
		u.t.Fatal(err)
	}
	u.until("the computer's driver on the unit", func() bool { return u.Node() != "" })
	path, err := u.kind.far(filepath.Join(u.dir, "functions", u.kind.function))
	if err != nil {
		u.t.Fatal(err)
	}
	var far *os.File
	u.until("the unit's side", func() bool {
		far, err = open(path)
		return err == nil
	})
	u.mu.Lock()
	defer u.mu.Unlock()
	u.far, u.in = far, bufio.NewReaderSize(far, queued)
}

func (u *Unit) plugged() bool {
	b, err := os.ReadFile(u.dir + "/UDC")
	return err == nil && strings.TrimSpace(string(b)) != ""
}

// Pull pulls the cable. The computer may not have noticed when it returns.
func (u *Unit) Pull() {
	if !u.plugged() {
		return
	}
	_ = u.hangUp() // first: a driver that loses an open file breaks the kernel
	if err := os.WriteFile(u.dir+"/UDC", []byte("\n"), 0o644); err != nil {
		u.t.Error(err)
	}
}

// Unplug pulls the cable; the computer has noticed when it returns.
func (u *Unit) Unplug() {
	u.t.Helper()
	u.Pull()
	u.until("the unit to be missed", func() bool { return u.Node() == "" })
}

func (u *Unit) hangUp() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.far == nil {
		return nil
	}
	err := u.far.Close()
	u.far = nil
	return err
}

// Far is the unit's own end of the cable while it is plugged in, for one reader and
// one writer at a time. Closing it pulls nothing.
func (u *Unit) Far() io.ReadWriteCloser {
	u.mu.Lock()
	defer u.mu.Unlock()
	return end{u.far, u, u.in}
}

type end struct {
	*os.File
	unit *Unit
	in   *bufio.Reader
}

// Read gives nothing any more once the cable is pulled.
func (e end) Read(b []byte) (int, error) {
	if e.hungUp() {
		return 0, os.ErrClosed
	}
	n, err := e.in.Read(b)
	if e.hungUp() {
		return 0, os.ErrClosed
	}
	return n, err
}

func (e end) hungUp() bool {
	e.unit.mu.Lock()
	defer e.unit.mu.Unlock()
	return e.File == nil || e.unit.far != e.File
}

func (e end) Close() error { return e.unit.hangUp() }

// Node is the computer's node of the unit, such as /dev/usb/lp0; "" when there is
// none.
func (u *Unit) Node() string {
	all, _ := filepath.Glob("/sys/bus/usb/devices/*/idProduct")
	for _, product := range all {
		dir := filepath.Dir(product)
		if text(product) != fmt.Sprintf("%04x", u.kind.pid) || text(dir+"/idVendor") != fmt.Sprintf("%04x", VID) {
			continue
		}
		iface := filepath.Join(dir, filepath.Base(dir)+":1.0")
		driver, _ := os.Readlink(iface + "/driver")
		nodes, _ := filepath.Glob(filepath.Join(iface, u.kind.node))
		if filepath.Base(driver) != u.kind.driver || len(nodes) == 0 {
			return ""
		}
		return devnode(nodes[0])
	}
	return ""
}

// devnode reads which node below /dev belongs to a folder of sysfs, if it is there.
func devnode(dir string) string {
	for _, line := range strings.Split(text(dir+"/uevent"), "\n") {
		if name, ok := strings.CutPrefix(line, "DEVNAME="); ok {
			if _, err := os.Stat("/dev/" + name); err == nil {
				return "/dev/" + name
			}
		}
	}
	return ""
}

func text(path string) string {
	b, _ := os.ReadFile(path)
	return strings.TrimSpace(string(b))
}

func (u *Unit) until(what string, holds func() bool) {
	u.t.Helper()
	for end := time.Now().Add(limit); !holds(); <-time.After(25 * time.Millisecond) {
		if time.Now().After(end) {
			u.t.Fatalf("waited in vain for %s", what)
		}
	}
}
