package visit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk/identity"
	"motcua/kiosk/pack"
	"motcua/kiosk/typing"
)

// longest bounds what can be typed where a question sets no bound of its own.
const longest = 120

// askNumber is the question for the personal number, the first of them.
const askNumber = "id.number"

// identityQuestions are asked when somebody has no card with them; staff check
// the answers, so they are few.
func (m *Machine) identityQuestions() []pack.Question {
	q := func(id string, kind pack.Kind) pack.Question {
		return pack.Question{ID: "id." + id, Kind: kind, Required: true, Past: kind == pack.KindDate,
			Label: m.both("identify.ask." + id), Short: m.both("identify.short." + id), Help: m.both("identify.help." + id)}
	}
	sex := q("sex", pack.KindChoice)
	sex.Options = []pack.Option{
		{Value: "Nam", Label: m.both("identify.male")},
		{Value: "Nữ", Label: m.both("identify.female")},
	}
	return []pack.Question{q("number", pack.KindPNum), q("name", pack.KindName), q("born", pack.KindDate), sex,
		q("address", pack.KindAddress)}
}

// questions are what is asked now, in order, given the answers so far. What
// the visitor's card gave is not among them: nothing is asked twice.
func (m *Machine) questions(s State) []pack.Question {
	if s.typed && !s.known {
		return m.aboutYou
	}
	p := s.procedureOf(m.Pack)
	if p == nil {
		return nil
	}
	all := m.answersOf(s)
	var asked []pack.Question
	for _, q := range p.Questions {
		if q.Shown(all) && !fromPerson(s, q) && s.offers(q) {
			asked = append(asked, q)
		}
	}
	return asked
}

// answersOf are the visitor's answers and those that the card gave.
func (m *Machine) answersOf(s State) map[string]string {
	all := map[string]string{}
	for k, v := range s.answers {
		all[k] = v
	}
	if p := s.procedureOf(m.Pack); p != nil {
		for _, q := range p.Questions {
			if fromPerson(s, q) {
				all[q.ID] = personal(s.person, q.Prefill)
			}
		}
	}
	return all
}

// fromPerson tells that the answer is known from the identity.
func fromPerson(s State, q pack.Question) bool { return personal(s.person, q.Prefill) != "" }

// personal gives what a prefill source of the kind "person.…" stands for.
func personal(p identity.Person, source string) string {
	switch source {
	case "person.name":
		return p.Name
	case "person.number":
		return p.Number.Reveal()
	case "person.born":
		if p.Born.IsZero() {
			return ""
		}
		return p.Born.Format(time.DateOnly)
	case "person.sex":
		return p.Sex
	case "person.address":
		return p.Address
	}
	return ""
}

// suggestion is what a question may begin with; the visitor still says yes to it.
func (m *Machine) suggestion(s State, q pack.Question) string {
	source, arg, _ := strings.Cut(q.Prefill, ":")
	switch source {
	case "unit.name":
		return m.Unit.Name
	case "value":
		return arg
	case "answer":
		return m.answersOf(s)[arg]
	}
	return ""
}

func (m *Machine) questionAt(s State) (q pack.Question, place int, all []pack.Question) {
	all = m.questions(s)
	for i, q := range all {
		if q.ID == s.at {
			return q, i, all
		}
	}
	return pack.Question{}, -1, all
}

func m0(qs []pack.Question) pack.Question { return qs[0] }

// ask puts one question, with the answer there is or the one suggested.
func (n *next) ask(id string) {
	n.goTo(AtQuestion)
	n.at = id
	q, place, _ := n.questionAt(n.State)
	if place < 0 {
		return
	}
	value := n.answers[id]
	if value == "" {
		value = n.suggestion(n.State, q)
	}
	n.input, n.picked, n.date, n.column = n.begin(q, value), "", [3]string{}, 0
	if group(q.Kind) == "choice" {
		n.picked = value
	}
	if t, err := time.Parse(time.DateOnly, value); q.Kind == pack.KindDate && err == nil {
		n.date = [3]string{t.Format("02"), t.Format("01"), t.Format("2006")}
		n.column = 2
	}
}

// begin makes the input line of a question.
func (n *next) begin(q pack.Question, value string) typing.Text {
	mode, limit := typing.Sentences, q.Max
	switch q.Kind {
	case pack.KindName:
		mode = typing.Capitals
	case pack.KindAddress:
		mode = typing.Words
	case pack.KindPNum, pack.KindMoney:
		mode, limit = typing.Numbers, 12
	case pack.KindPhone:
		mode, limit = typing.Numbers, 11
	case pack.KindNumber:
		mode, limit = typing.Numbers, 6
	case pack.KindEmail:
		mode = typing.Email
	}
	if limit <= 0 || limit > longest {
		limit = longest
	}
	return typing.New(mode, limit).With(value)
}

// firstQuestion goes where the questions begin, or past them if there are none.
func (n *next) firstQuestion() {
	all := n.questions(n.State)
	if len(all) == 0 {
		n.goTo(AtReview)
		return
	}
	n.mending = false
	n.ask(m0(all).ID)
}

func (n *next) touchedQuestion(id string) {
	q, place, all := n.questionAt(n.State)
	if place < 0 {
		n.firstQuestion()
		return
	}
	kind, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "next":
		n.answerAndGoOn(q)
	case id == "back":
		switch {
		case n.mending:
			n.mending = false
			n.goTo(AtReview)
		case place > 0:
			n.ask(all[place-1].ID)
		case n.typed && !n.known:
			n.forget()
			n.goTo(AtIdentify)
		default:
			n.goTo(AtPapers)
		}
	case kind == "opt":
		for _, o := range options(n.Machine, q) {
			if o.Value == arg {
				n.picked, n.problem = arg, ""
			}
		}
	case kind == "sug":
		if i, err := strconv.Atoi(arg); err == nil {
			if words := suggested(q, n.input); i >= 0 && i < len(words) {
				n.input, n.problem = n.input.Complete(words[i]), ""
			}
		}
	case kind == "date":
		for i, name := range dateColumns {
			if arg == name {
				n.column = i
			}
		}
	case kind == "key" && q.Kind == pack.KindDate:
		n.problem = ""
		n.pressDate(arg)
	case q.Kind == pack.KindFile:
		n.touchedFile(q, id)
	case kind == "key" && types(q.Kind):
		n.problem = ""
		n.input = n.input.Press(arg)
	}
}

// dateColumns name the three fields of a date.
var dateColumns = [3]string{"day", "month", "year"}

// pressDate types into a date; a full column hands over to the next, an empty
// one deletes from the one before.
func (n *next) pressDate(key string) {
	width := [3]int{2, 2, 4}
	switch {
	case key == "delete":
		if n.date[n.column] == "" && n.column > 0 {
			n.column--
		}
		if f := n.date[n.column]; f != "" {
			n.date[n.column] = f[:len(f)-1]
		}
	case key == "clear":
		n.date, n.column = [3]string{}, 0
	case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
		if len(n.date[n.column]) == width[n.column] {
			if n.column == 2 {
				return
			}
			n.column++
			n.date[n.column] = ""
		}
		n.date[n.column] += key
		if len(n.date[n.column]) == width[n.column] && n.column < 2 && n.date[n.column+1] == "" {
			n.column++
		}
	}
}

// value is what the input says, in the form that answers have.
func (s State) value(q pack.Question) string {
	switch group(q.Kind) {
	case "choice":
		return s.picked
	case "text", "digits":
		return strings.TrimSpace(s.input.Value())
	case "file":
		return "" // files stand beside the answers
	}
	if s.date == [3]string{} {
		return ""
	}
	day, _ := strconv.Atoi(s.date[0])
	month, _ := strconv.Atoi(s.date[1])
	return fmt.Sprintf("%s-%02d-%02d", s.date[2], month, day)
}

// answerAndGoOn checks the answer and asks the next question, or says what is
// to be mended.
func (n *next) answerAndGoOn(q pack.Question) {
	value := n.value(q)
	switch {
	case value == "" && q.Required:
		n.problem = "question.required." + group(q.Kind)
		return
	case value != "":
		if key, ok := q.Check(value, n.now); !ok {
			n.problem = key
			return
		}
	}
	n.set(q.ID, value)
	if q.ID == askNumber {
		n.doubt = ""
		if n.reads(n.State) {
			n.offerChip() // it may spare the other questions
			return
		}
	}
	_, place, all := n.questionAt(n.State)
	if n.mending {
		// An answer can open questions that were not asked before.
		for _, q := range all {
			if q.Required && n.answers[q.ID] == "" {
				n.ask(q.ID)
				return
			}
		}
		n.mending = false
		n.goTo(AtReview)
		return
	}
	if place+1 < len(all) {
		n.ask(all[place+1].ID)
		return
	}
	if n.typed && !n.known {
		n.introduce()
		return
	}
	n.goTo(AtReview)
}

// introduce makes a Person out of what was typed.
func (n *next) introduce() {
	a := n.answers
	born, err := time.Parse(time.DateOnly, a["id.born"])
	if err != nil {
		n.ask("id.born")
		return
	}
	n.person = identity.Person{Number: identity.PersonalNumber(a[askNumber]), Name: a["id.name"], Born: born,
		Sex: a["id.sex"], Address: a["id.address"], Assurance: identity.Typed}
	n.person.Warnings = n.doubted(identity.Doubts(n.person))
	n.known, n.answers = true, nil
	n.goTo(AtPapers)
}

// types tells which kinds are typed rather than chosen.
func types(k pack.Kind) bool {
	return k != pack.KindChoice && k != pack.KindYesNo && k != pack.KindDate && k != pack.KindFile
}

// group is how a kind is asked for: by choosing, by a date, by digits, by a
// file, by letters.
func group(k pack.Kind) string {
	switch k {
	case pack.KindChoice, pack.KindYesNo:
		return "choice"
	case pack.KindDate:
		return "date"
	case pack.KindFile:
		return "file"
	case pack.KindNumber, pack.KindPNum, pack.KindPhone, pack.KindMoney:
		return "digits"
	}
	return "text"
}

// options are the answers of a choice, or yes and no.
func options(m *Machine, q pack.Question) []pack.Option {
	if q.Kind == pack.KindYesNo {
		return []pack.Option{{Value: "yes", Label: m.both("yes")}, {Value: "no", Label: m.both("no")}}
	}
	if q.Kind == pack.KindChoice {
		return q.Options
	}
	return nil
}

// suggested are the words that may go on from what is typed.
func suggested(q pack.Question, input typing.Text) []string {
	if len(q.Suggest) == 0 || !types(q.Kind) {
		return nil
	}
	return typing.Suggest(input.Syllable(), q.Suggest, 3)
}

func (m *Machine) both(key string) pack.Text {
	return pack.Text{VI: m.Texts.In(pack.VI, key, nil), EN: m.Texts.In(pack.EN, key, nil)}
}
