package pack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// dateForm is how a date stands in an answer; dateRead is how it is shown.
const (
	dateForm = "2006-01-02"
	dateRead = "02/01/2006"
)

// The two answers of a yes-or-no question.
const (
	yes = "yes"
	no  = "no"
)

// Bounds that hold where a question sets none.
const (
	maxLetters  = 250
	minAddress  = 5
	maxAmount   = 1_000_000_000_000 // đồng
	pnumDigits  = 12
	phoneDigits = 10
)

var email = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`)

// Shown tells whether the question is asked, given the answers so far. A
// question that was skipped or not asked yet has the answer "".
func (q Question) Shown(answers map[string]string) bool {
	for _, c := range q.ShowIf {
		if !slices.Contains(c.In, answers[c.Question]) {
			return false
		}
	}
	return true
}

// Shown gives the questions that these answers lead to, in order. An answer to
// a question that is no longer asked does not lead anywhere.
func (p *Procedure) Shown(answers map[string]string) []Question {
	live := make(map[string]string, len(answers))
	var in []Question
	for _, q := range p.Questions {
		if q.Shown(live) {
			in = append(in, q)
			live[q.ID] = answers[q.ID]
		}
	}
	return in
}

// Check tells whether value answers the question. If not, problemKey names the
// sentence, in the texts, that says what to do.
func (q Question) Check(value string, today time.Time) (problemKey string, ok bool) {
	value = norm.NFC.String(value)
	if strings.TrimSpace(value) == "" {
		if q.Required {
			return "question.required", false
		}
		return "", true
	}
	if problem := q.problem(value, today); problem != "" {
		return "question." + problem, false
	}
	return "", true
}

func (q Question) problem(value string, today time.Time) string {
	switch q.Kind {
	case KindName:
		return q.nameProblem(value)
	case KindDate:
		return q.dateProblem(value, today)
	case KindChoice:
		if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == value }) {
			return "choice"
		}
	case KindYesNo:
		if value != yes && value != no {
			return "choice"
		}
	case KindNumber:
		return q.numberProblem(value)
	case KindPNum:
		if len(value) != pnumDigits || !digits(value) {
			return "pnum"
		}
	case KindPhone:
		if len(value) != phoneDigits || value[0] != '0' || !digits(value) {
			return "phone"
		}
	case KindEmail:
		if len(value) > maxLetters || !email.MatchString(value) {
			return "email"
		}
	case KindFile:
		return "file"
	case KindAddress:
		return q.textProblem(value, minAddress)
	case KindMoney:
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n <= 0 || n > maxAmount || !digits(value) {
			return "money"
		}
	default:
		return q.textProblem(value, 1)
	}
	return ""
}

// nameProblem holds a name to letters, spaces, apostrophes and hyphens.
func (q Question) nameProblem(value string) string {
	letters := 0
	for _, r := range value {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !strings.ContainsRune(" '’-", r):
			return "name"
		}
	}
	if letters == 0 {
		return "name"
	}
	return q.textProblem(value, 1)
}

func (q Question) textProblem(value string, least int) string {
	if strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value) {
		return "text"
	}
	most := q.Max
	if most == 0 {
		most = maxLetters
	}
	switch n := utf8.RuneCountInString(strings.TrimSpace(value)); {
	case n < max(q.Min, least):
		return "text-short"
	case n > most:
		return "text-long"
	}
	return ""
}

func (q Question) numberProblem(value string) string {
	n, err := strconv.Atoi(value)
	switch {
	case err != nil || !digits(value):
		return "number"
	case n < q.Min:
		return "number-small"
	case q.Max > 0 && n > q.Max:
		return "number-large"
	}
	return ""
}

func (q Question) dateProblem(value string, today time.Time) string {
	d, err := time.Parse(dateForm, value)
	if err != nil {
		return "date" // 31/02 comes here: Parse does not roll over
	}
	y, m, day := today.Date()
	now := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	switch {
	case q.Past && d.After(now):
		return "date-future"
	case q.MinAge > 0 && d.AddDate(q.MinAge, 0, 0).After(now):
		return "too-young"
	case q.MaxAge > 0 && d.AddDate(q.MaxAge+1, 0, 0).Before(now):
		return "too-old"
	}
	return ""
}

// Display gives an answer as people read it: 02/11/2026, the label of an
// option, an amount with its points. What does not fit the question is given
// as it is.
func (q Question) Display(value string, lang Lang) string {
	switch q.Kind {
	case KindDate:
		if d, err := time.Parse(dateForm, value); err == nil {
			return d.Format(dateRead)
		}
	case KindChoice, KindYesNo:
		for _, o := range q.Options {
			if o.Value == value {
				return o.Label.In(lang)
			}
		}
	case KindMoney:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return Money(n, lang)
		}
	case KindPhone:
		if len(value) == phoneDigits && digits(value) {
			return value[:4] + " " + value[4:7] + " " + value[7:]
		}
	}
	return value
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
