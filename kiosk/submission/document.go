// Package submission is the document that a station hands to central: made
// canonical (RFC 8785), signed by the station (RFC 7515), sealed to central
// with age.
//
// After sealing the station itself cannot read it. No error of this package
// holds anything of the document but its id.
package submission

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"

	"motcua/kiosk/contract"
	"motcua/kiosk/identity"
)

// Document is what is submitted; schema Submission of assets/api/central.yaml.
// It prints redacted.
type Document = contract.Submission

// Version is the version of Document that this program writes. What was written
// by an earlier version opens for ever.
const Version = 1

// MaxSealed is the most bytes that a sealed submission may have; central takes
// no more.
const MaxSealed = contract.MaxSealed

// Why a submission cannot be sealed or opened.
var (
	// ErrNotForUs: sealed to another recipient.
	ErrNotForUs = errors.New("sealed to somebody else")
	// ErrTampered: not a sealed submission, or altered since it was sealed.
	ErrTampered = errors.New("not a sealed submission, or altered")
	// ErrForeign: signed by a key that is not enrolled, or in the name of another station.
	ErrForeign = errors.New("signature of a stranger")
	// ErrVersion: written by a newer program.
	ErrVersion = errors.New("unsupported version")
	// ErrExpired: created after the station's key had expired.
	ErrExpired = errors.New("station key expired")
	// ErrMalformed: properly signed, but not a submission of its version.
	ErrMalformed = errors.New("not a submission of its version")
	// ErrTooLarge: over MaxSealed.
	ErrTooLarge = errors.New("submission too large")
)

// Canonical gives the one form of doc as bytes (RFC 8785). Equal documents have
// equal bytes. The caller wipes them with clear when done.
func Canonical(doc Document) ([]byte, error) {
	if doc.Answers == nil {
		doc.Answers = []contract.Answer{}
	}
	if doc.Rules == nil {
		doc.Rules = []contract.AppliedRule{}
	}
	plain, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write submission %s as JSON: a time in it is out of range", doc.ID)
	}
	defer clear(plain)
	canonical, err := jcs.Transform(plain)
	if err != nil {
		return nil, fmt.Errorf("make submission %s canonical: %w", doc.ID, ErrMalformed)
	}
	return canonical, nil
}

// Applicant gives the person as the document has it. It is the one place where
// a personal number leaves its redacted type for a document.
func Applicant(p identity.Person) contract.Applicant {
	a := contract.Applicant{
		Name:      p.Name,
		Number:    p.Number.Reveal(),
		Sex:       p.Sex,
		Address:   p.Address,
		Assurance: contract.Assurance(p.Assurance),
	}
	if !p.Born.IsZero() {
		a.Born = p.Born.Format(time.DateOnly)
	}
	for _, w := range p.Warnings {
		a.Warnings = append(a.Warnings, string(w))
	}
	if chip(p.Assurance) {
		a.Proof = contract.Proof{Opened: p.Proof.Opened, Signed: p.Proof.Signed, Doubts: append([]string{}, p.Proof.Doubts...)}
	}
	return a
}

// chip tells whether a chip was read, so that there is a proof of some depth.
func chip(a identity.Assurance) bool {
	return a == identity.ChipRead || a == identity.ChipVerified || a == identity.ChipGenuine
}
