// Package proof holds what a visit left behind against what was done: the
// submission at central against the answers touched, the receipt's paper
// against central's record, the sound against silence.
package proof

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-audio/wav"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/walk"
	"motcua/kiosk/contract"
)

// Submission holds a submission as central opened it against what the citizen
// did: the procedure, the card and how it was read, every answer that was asked
// for and no other.
func Submission(doc contract.Submission, f walk.Filing, asked []string, now time.Time) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if doc.Procedure.Code != f.Procedure {
		fault("procedure is %s, want %s", doc.Procedure.Code, f.Procedure)
	}
	card, ok := desk.CardByID(now, f.Card)
	if !ok {
		return fmt.Errorf("there is no card %s", f.Card)
	}
	field := strings.Split(card.Text, "|")
	born, err := time.Parse("02012006", field[3])
	if err != nil {
		return err
	}
	want := contract.Applicant{Number: field[0], Name: field[2], Born: born.Format(time.DateOnly), Sex: field[4], Address: field[5]}
	want.Assurance, want.Proof = doc.Applicant.Assurance, doc.Applicant.Proof
	got := doc.Applicant
	got.Name, want.Name = strings.ToUpper(got.Name), strings.ToUpper(want.Name)
	if !reflect.DeepEqual(got, want) {
		fault("the applicant is not the one of the card") // a person's data stays out of errors
	}
	if by := f.Assurance(); got.Assurance != by || len(got.Proof.Doubts) > 0 || (got.Proof.Opened != "") != f.Chip {
		fault("the applicant is known by %s, %+v; want %s without a doubt", got.Assurance, got.Proof, by)
	}
	given := map[string]string{}
	for _, a := range doc.Answers {
		given[a.ID] = a.Value
	}
	for _, id := range asked {
		if want := f.Answers[id]; want != "" && given[id] != want {
			fault("answer %s is %q, want %q", id, given[id], f.Answers[id])
		}
	}
	ofCard := []string{want.Number, want.Name, strings.ToUpper(want.Address), want.Born, want.Sex}
	for _, id := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(asked, id) && !slices.Contains(ofCard, strings.ToUpper(given[id])) && given[id] != want.Sex {
			fault("answer %s was never asked for and is not on the card", id)
		}
	}
	if doc.Consent.Version == "" || doc.Consent.GivenAt.IsZero() {
		fault("there is no consent")
	}
	return errors.Join(faults...)
}

// LookUp reads the receipt's QR code off the paper: the submission's id and the
// secret of its look-up.
func LookUp(paper image.Image) (id, secret string, err error) {
	codes, err := desk.ReadCodes(paper)
	if err != nil {
		return "", "", err
	}
	p, err := hanoi()
	if err != nil {
		return "", "", err
	}
	for _, code := range codes {
		if id, secret, ok := p.ReadLookUp(code); ok {
			return id, secret, nil
		}
	}
	return "", "", fmt.Errorf("none of the paper's %d codes is a look-up", len(codes))
}

// Sound is how a recording sounds.
type Sound struct {
	Length time.Duration
	Peak   float64 // dB below full scale, 0 = full
	Spoken float64 // part of the time that is louder than -40 dB
}

// fullScale is the loudest that 16 bits can be.
const fullScale = 1 << 15

// Listen measures a recording of 16 bits.
func Listen(recording []byte) (Sound, error) {
	dec := wav.NewDecoder(bytes.NewReader(recording))
	pcm, err := dec.FullPCMBuffer()
	if err != nil {
		return Sound{}, fmt.Errorf("listen: %w", err)
	}
	if len(pcm.Data) == 0 {
		return Sound{Peak: math.Inf(-1)}, nil
	}
	window, peak, loud, windows := pcm.Format.SampleRate/50, 0, 0, 0
	for part := range slices.Chunk(pcm.Data, max(window, 1)) {
		top := 0
		for _, v := range part {
			top = max(top, v, -v)
		}
		windows++
		if top > fullScale/100 {
			loud++
		}
		peak = max(peak, top)
	}
	return Sound{
		Length: time.Duration(len(pcm.Data)) * time.Second / time.Duration(pcm.Format.SampleRate),
		Peak:   20 * math.Log10(float64(peak)/fullScale),
		Spoken: float64(loud) / float64(windows),
	}, nil
}

// Silence is how long a recording is silent before its first sound.
func Silence(recording []byte) (time.Duration, error) {
	pcm, err := wav.NewDecoder(bytes.NewReader(recording)).FullPCMBuffer()
	if err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	i := slices.IndexFunc(pcm.Data, func(v int) bool { return v > fullScale/100 || v < -fullScale/100 })
	if i < 0 {
		i = len(pcm.Data)
	}
	return time.Duration(i) * time.Second / time.Duration(pcm.Format.SampleRate), nil
}

// Audible fails on silence.
func (s Sound) Audible() error {
	if s.Length < time.Second || s.Peak < -30 || s.Spoken < 0.2 {
		return fmt.Errorf("hardly anything was heard: %v, peak %.1f dB, %.0f%% spoken", s.Length, s.Peak, 100*s.Spoken)
	}
	return nil
}
