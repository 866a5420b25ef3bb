package visit

import (
	"errors"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"motcua/assets"
	"motcua/kiosk/pack"
	"motcua/kiosk/text"
)

// An invented person, by the QR codes of both flavours of card.
const (
	card7  = "001090999999||Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15042021"
	card11 = "001090999999|012345678|Nguyễn Văn Mẫu|31011990|Nam|Số 1 Phố Mẫu, Phường Mẫu, Hà Nội|15102024||||"
	code1  = "MOTCUA1:01932b7e-8f00-7abc-8def-0123456789ab:K7QX"
)

const (
	birth     = "1.001193"
	residence = "1.004222"
)

var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("ICT", 7*3600)) // a Monday

// place is what a visit happens in, read once: nothing writes to it.
var place = sync.OnceValues(func() (Place, error) {
	sub := func(dir string) fs.FS {
		f, err := fs.Sub(assets.Files, dir)
		if err != nil {
			panic(err) // dir is no name of a folder
		}
		return f
	}
	texts, err := text.Load(sub("text"))
	if err != nil {
		return Place{}, err
	}
	p, err := pack.Load(sub("packs/hanoi"))
	if err != nil {
		return Place{}, err
	}
	unit, ok := p.Unit("00082")
	if !ok {
		return Place{}, errors.New("no unit 00082 in the pack")
	}
	return Place{Texts: texts, Pack: p, Unit: unit, Station: "CN-03", HasScanner: true, HasReader: true, HasPrinter: true}, nil
})

func machine(t testing.TB) *Machine {
	t.Helper()
	p, err := place()
	if err != nil {
		t.Fatal(err)
	}
	return New(p)
}

// walker holds a visit and lets events happen to it.
type walker struct {
	t     testing.TB
	m     *Machine
	s     State
	v     View
	now   time.Time
	tasks []Task // of the last event
}

func walk(t testing.TB, m *Machine) *walker {
	w := &walker{t: t, m: m, now: morning, s: m.Start(morning)}
	w.v = m.View(w.s)
	return w
}

func (w *walker) happen(e Event) {
	w.now = w.now.Add(time.Second)
	w.s, w.v, w.tasks = w.m.Step(w.s, w.now, e)
}

func (w *walker) touch(ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		w.happen(Touched{id})
	}
}

func (w *walker) at(page Page) {
	w.t.Helper()
	if w.s.Page() != page {
		w.t.Fatalf("at %q, want %q; step %q, note %q, problem %q", w.s.Page(), page, w.v.Step, w.s.note, w.s.problem)
	}
}

// answer answers the question that is asked in the shortest way that is right.
func (w *walker) answer() {
	w.t.Helper()
	w.at(AtQuestion)
	q, _, _ := w.m.questionAt(w.s)
	at := w.v.Step
	switch {
	case q.Kind == pack.KindChoice:
		w.touch("opt:" + q.Options[0].Value)
	case q.Kind == pack.KindYesNo:
		w.touch("opt:no")
	case w.s.value(q) != "":
	case q.Kind == pack.KindDate:
		for _, key := range "01112026" {
			w.touch("key:" + string(key))
		}
	case q.Kind == pack.KindPNum:
		w.keys("001190999998")
	case q.Kind == pack.KindPhone:
		w.keys("0912345678")
	case q.Kind == pack.KindNumber, q.Kind == pack.KindMoney:
		w.keys("1")
	case q.Kind == pack.KindEmail:
		if q.Required {
			w.keys("mau@example.vn")
		}
	default:
		w.keys("mau")
		w.touch("key:space")
		w.keys("thu")
	}
	w.touch("next")
	if w.v.Step == at && w.s.Page() == AtQuestion {
		w.t.Fatalf("question %s is not answered: %s", at, w.s.problem)
	}
}

func (w *walker) keys(s string) {
	for _, r := range s {
		w.touch("key:" + string(r))
	}
}

// review brings a visit to the review of a birth registration.
func (w *walker) review() {
	w.t.Helper()
	w.touch("start", "door:submit", "row:"+birth)
	w.at(AtIdentify)
	w.happen(Scanned{card7})
	w.at(AtPapers)
	w.touch("next")
	for n := 0; w.s.Page() == AtQuestion; n++ {
		if n > 60 {
			w.t.Fatal("the questions do not end")
		}
		w.answer()
	}
	w.at(AtReview)
}

// task gives the one task of its kind among those of the last event.
func task[T Task](w *walker) T {
	w.t.Helper()
	var found []T
	for _, t := range w.tasks {
		if t, ok := t.(T); ok {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d tasks of %T at %q, want 1", len(found), *new(T), w.s.Page())
	}
	return found[0]
}

func has[T Task](w *walker) bool {
	return slices.ContainsFunc(w.tasks, func(t Task) bool { _, ok := t.(T); return ok })
}

func (w *walker) submitted() {
	w.t.Helper()
	w.review()
	w.touch("consent", "submit")
	w.at(AtSending)
}

var kept = Stored{ID: "01932b7e-8f00-7abc-8def-0123456789ab", Claim: "CN03-7F2K", Secret: "K7QX", LookUp: code1}
