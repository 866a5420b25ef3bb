package journal_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/devices"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/devices/receipt/journal"
	"motcua/devices/receipt/receiptsim"
)

// The program that is killed: it owes receipts and prints them, and tells each
// step before it makes it.
const (
	childJournal = "JOURNAL_TEST_FILE"
	childPrinter = "JOURNAL_TEST_PRINTER"
	childModel   = "JOURNAL_TEST_MODEL"
	receipts     = 2
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childJournal); path != "" {
		if err := child(path, os.Getenv(childPrinter)); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil { // they mostly wait for paper to move
		fmt.Println(err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func child(path, address string) error {
	in := bufio.NewReader(os.Stdin)
	step := func(name string) error {
		fmt.Println(name)
		_, err := in.ReadString('\n')
		return err
	}
	j, err := journal.Open(path, journal.Options{})
	if err != nil {
		return err
	}
	for i := range receipts {
		id := strconv.Itoa(i + 1)
		if _, known := j.Job(id); !known {
			if err := errors.Join(step("owe"), j.Owe(id)); err != nil {
				return err
			}
		}
	}
	for _, job := range j.Unfinished() {
		for done := false; !done; {
			if done, err = print(j, job.ID, address, step); err != nil {
				return err
			}
		}
	}
	return errors.Join(step("close"), j.Close())
}

// print prints one copy, and tells whether the job is done with that.
func print(j *journal.Journal, id, address string, step func(string) error) (done bool, err error) {
	copies := j.Next(id)
	s := sheet(id, copies)
	if err := errors.Join(step("begin"), j.Begin(id, copies, sha256.Sum256(s.Page.Pix)), step("open")); err != nil {
		return false, err
	}
	p, err := escpos.Open(context.Background(), escpos.Options{Unit: "printer", Port: "tcp://" + address, Model: os.Getenv(childModel)})
	if err != nil {
		return false, err
	}
	defer p.Close()
	if err := step("print"); err != nil {
		return false, err
	}
	err = p.Print(context.Background(), s)
	if errors.Is(err, devices.ErrStaff) {
		return false, errors.Join(step("lost"), j.Lost(id, copies, "paper out"), step("paper"))
	}
	return true, errors.Join(err, step("out"), j.Out(id, copies))
}

// sheet is a receipt: a bar, two rows of cells that say id and copy, and a bar.
const cells, bar, cell = 18, 16, 24

func sheet(id string, copies int) receipt.Slip {
	n, err := strconv.Atoi(id)
	if err != nil {
		panic(err)
	}
	page := image.NewGray(image.Rect(0, 0, 576, 2*bar+2*cell+250))
	marks := func(number int) []byte {
		row := bytes.Repeat([]byte{0xFF}, page.Stride)
		for x := range row {
			if number>>(x*cells/len(row))&1 == 1 {
				row[x] = 0
			}
		}
		return row
	}
	dark, white, upper, lower := make([]byte, page.Stride), marks(0), marks(n), marks(copies)
	for y := range page.Rect.Dy() {
		row := white
		switch {
		case y < bar || y >= page.Rect.Dy()-bar:
			row = dark
		case y < bar+cell:
			row = upper
		case y < bar+2*cell:
			row = lower
		}
		copy(page.Pix[y*page.Stride:], row)
	}
	return receipt.Slip{Page: page}
}

// mostCopies is one more than any receipt needs here.
const mostCopies = 8

// sheets are what whole looks for: drawn once, for each receipt and copy.
var sheets = sync.OnceValue(func() map[string][mostCopies]*image.Gray {
	all := map[string][mostCopies]*image.Gray{}
	for id := range receipts {
		name, pages := strconv.Itoa(id+1), [mostCopies]*image.Gray{}
		for copies := 1; copies < mostCopies; copies++ {
			pages[copies] = sheet(name, copies).Page
		}
		all[name] = pages
	}
	return all
})

// whole counts the whole receipts in the tray by id and copy.
func whole(unit *receiptsim.Printer) map[string]map[int]int {
	found := map[string]map[int]int{}
	for _, p := range unit.Pieces() {
		for name, pages := range sheets() {
			for copies := 1; copies < mostCopies; copies++ {
				if contains(p.Image, pages[copies]) {
					if found[name] == nil {
						found[name] = map[int]int{}
					}
					found[name][copies]++
				}
			}
		}
	}
	return found
}

// contains looks for a page in a piece that is as wide. All their pixels are black
// or white.
func contains(piece, page *image.Gray) bool {
	for from := 0; from+len(page.Pix) <= len(piece.Pix); from += piece.Stride {
		if bytes.Equal(piece.Pix[from:from+len(page.Pix)], page.Pix) {
			return true
		}
	}
	return false
}

// run starts the program and lets it go, until kill says that its time has come.
// It tells whether the program came to its end.
func run(t *testing.T, unit *receiptsim.Printer, model, path string, kill func(step string) (now bool, after time.Duration)) (ended bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childJournal+"="+path, childPrinter+"="+unit.Address(), childModel+"="+model)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	steps := bufio.NewScanner(out)
	for steps.Scan() {
		step := steps.Text()
		if strings.HasPrefix(step, "failed:") {
			t.Fatalf("the program %s", step)
		}
		if step == "paper" {
			unit.LoadPaper(20_000)
		}
		now, after := kill(step)
		if now && after == 0 {
			_ = cmd.Process.Kill()
			break
		}
		if _, err := io.WriteString(in, "\n"); err != nil {
			break // it ended by itself, and Wait tells how
		}
		if now {
			<-time.After(after)
			_ = cmd.Process.Kill()
			break
		}
	}
	return cmd.Wait() == nil
}

// The program is killed at each of its steps in turn, and within the print, with
// paper and without, and started again. In the end every visitor has a receipt, no
// more than one of them unmarked, and no number was printed twice.
func TestKilledAtEveryStep(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many programs")
	}
	for _, c := range []struct {
		model    string
		paper    bool
		from, to int // the steps that are other than in the line above
	}{{"epson-tm-t88", true, 0, 10}, {"epson-tm-t88", false, 5, 15}, {"xprinter-n160", true, 8, 8}} {
		for n := c.from; n <= c.to; n++ {
			for _, after := range []time.Duration{0, 60 * time.Millisecond} {
				name := fmt.Sprintf("%s, paper %t, step %d, after %v", c.model, c.paper, n, after)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					if !scenario(t, c.model, c.paper, n, after) {
						t.Error("it ended before that step: the case shows nothing")
					}
				})
			}
		}
	}
}

func scenario(t *testing.T, model string, paper bool, n int, after time.Duration) (reached bool) {
	t.Helper()
	unit, err := receiptsim.Listen("127.0.0.1:0", receiptsim.Options{Speed: 300, ProcessID: model == "epson-tm-t88"})
	if err != nil {
		t.Fatal(err)
	}
	defer unit.Close()
	if !paper {
		unit.EndAfter(250) // in the first receipt, behind what the unit feeds first
	}
	path := filepath.Join(t.TempDir(), "receipts")
	count := 0
	ended := run(t, unit, model, path, func(string) (bool, time.Duration) {
		count++
		if count-1 == n {
			return true, after
		}
		return false, 0
	})
	reached = count > n
	if reached && after == 0 && ended {
		t.Fatal("it was not killed")
	}
	if !paper {
		unit.LoadPaper(20_000)
	}
	for again := 0; !ended; again++ { // nobody is there now
		if again > 3 {
			t.Fatal("it does not come to its end")
		}
		ended = run(t, unit, model, path, func(string) (bool, time.Duration) { return false, 0 })
	}
	j, err := journal.Open(path, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if left := j.Unfinished(); len(left) != 0 || j.Damaged() != 0 {
		t.Errorf("unfinished %+v, %d damaged", left, j.Damaged())
	}
	found := whole(unit)
	// A unit that never answered, on a busy computer, prints yet what it took.
	for end := time.Now().Add(20 * time.Second); len(found) < receipts && time.Now().Before(end); found = whole(unit) {
		<-time.After(50 * time.Millisecond)
	}
	for i := range receipts {
		id, total := strconv.Itoa(i+1), 0
		for copies, times := range found[id] {
			total++
			if times > 1 {
				t.Errorf("copy %d of receipt %s came out %d times", copies, id, times)
			}
		}
		if job, _ := j.Job(id); total == 0 || found[id][job.Copy] != 1 {
			t.Errorf("of receipt %s came out %v; the journal says copy %d", id, found[id], job.Copy)
		}
	}
	return reached
}
