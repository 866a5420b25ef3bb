package proof

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/contract"
)

// filed is a submission as it should come of a filing.
func filed(t *testing.T, f walk.Filing, now time.Time) (contract.Submission, []string) {
	t.Helper()
	card, _ := desk.CardByID(now, f.Card)
	field := strings.Split(card.Text, "|")
	born, err := time.Parse("02012006", field[3])
	if err != nil {
		t.Fatal(err)
	}
	doc := contract.Submission{
		Procedure: contract.ProcedureName{Code: f.Procedure},
		Applicant: contract.Applicant{Number: field[0], Name: field[2], Born: born.Format(time.DateOnly),
			Sex: field[4], Address: field[5], Assurance: f.Assurance()},
	}
	if f.Chip {
		doc.Applicant.Proof = contract.Proof{Opened: "PACE-CAN", Doubts: []string{}}
	}
	doc.Consent.Version, doc.Consent.GivenAt = "1", now
	var asked []string
	for id, value := range f.Answers {
		asked = append(asked, id)
		doc.Answers = append(doc.Answers, contract.Answer{ID: id, Value: value})
	}
	doc.Answers = append(doc.Answers, contract.Answer{ID: "a_name", Value: field[2]})
	return doc, asked
}

func TestSubmissionByCode(t *testing.T) {
	now := time.Now()
	f := walk.Birth(now)
	f.Chip = false
	doc, asked := filed(t, f, now)
	if err := Submission(doc, f, asked, now); err != nil {
		t.Error(err)
	}
	doc.Applicant.Assurance = "chip-genuine"
	if err := Submission(doc, f, asked, now); err == nil {
		t.Error("a card that was never laid down counts as proven")
	}
}

func TestSubmission(t *testing.T) {
	now := time.Now()
	f := walk.Birth(now)
	for _, tc := range []struct {
		name  string
		spoil func(*contract.Submission)
		want  string // "" = as it should be
	}{
		{"as touched", func(*contract.Submission) {}, ""},
		{"other procedure", func(d *contract.Submission) { d.Procedure.Code = "2.000815" }, "procedure is 2.000815"},
		{"other person", func(d *contract.Submission) { d.Applicant.Number = "001090000000" }, "not the one of the card"},
		{"other assurance", func(d *contract.Submission) { d.Applicant.Assurance = "chip-read" }, "known by chip-read"},
		{"doubted", func(d *contract.Submission) { d.Applicant.Proof.Doubts = []string{"crl-stale"} }, "without a doubt"},
		{"no proof", func(d *contract.Submission) { d.Applicant.Proof = contract.Proof{} }, "without a doubt"},
		{"other answer", func(d *contract.Submission) { d.Answers[0].Value += "x" }, "answer "},
		{"answer lost", func(d *contract.Submission) { d.Answers = d.Answers[1:] }, `is "", want`},
		{"answer made up", func(d *contract.Submission) {
			d.Answers = append(d.Answers, contract.Answer{ID: "new", Value: "made up"})
		}, "never asked for"},
		{"no consent", func(d *contract.Submission) { d.Consent = contract.ConsentGiven{} }, "no consent"},
	} {
		doc, asked := filed(t, f, now)
		tc.spoil(&doc)
		err := Submission(doc, f, asked, now)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// tone is a recording of a sine of that amplitude.
func tone(length time.Duration, amplitude float64) []byte {
	const rate = 48000
	n := int(length.Seconds() * rate)
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, 2, 0, 16, 0)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(amplitude*math.Sin(float64(i)/20)*32767)))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func TestListen(t *testing.T) {
	for _, tc := range []struct {
		name      string
		recording []byte
		audible   bool
	}{
		{"speech", tone(3*time.Second, 0.5), true},
		{"silence", tone(3*time.Second, 0), false},
		{"a whisper", tone(3*time.Second, 0.005), false},
		{"a click", tone(100*time.Millisecond, 0.5), false},
		{"nothing", tone(0, 0), false},
	} {
		s, err := Listen(tc.recording)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := s.Audible(); (got == nil) != tc.audible {
			t.Errorf("%s: %v, want audible: %v", tc.name, got, tc.audible)
		}
	}
	if _, err := Listen([]byte("not a WAV")); err == nil {
		t.Error("what is no recording was listened to")
	}
}

func TestSilence(t *testing.T) {
	quiet, loud := tone(250*time.Millisecond, 0), tone(time.Second, 0.5)
	both := append(quiet, loud[44:]...)
	binary.LittleEndian.PutUint32(both[40:], uint32(len(both)-44))
	if got, err := Silence(both); err != nil || got < 250*time.Millisecond || got > 255*time.Millisecond {
		t.Errorf("Silence = %v, %v, want 250 ms", got, err)
	}
	if got, err := Silence(quiet); err != nil || got != 250*time.Millisecond {
		t.Errorf("Silence of silence = %v, %v, want all of it", got, err)
	}
}
