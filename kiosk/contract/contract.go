// Package contract holds the types, the client and the server frame that are
// generated from assets/api/central.yaml, the contract of stations and central.
//
// What holds a person's data prints redacted under every verb and in logs;
// JSON carries it, as that is what the types are for.
package contract

import (
	"fmt"
	"io"
	"log/slog"
)

//go:generate go tool oapi-codegen -config types.yaml ../../assets/api/central.yaml
//go:generate go tool oapi-codegen -config client.yaml ../../assets/api/central.yaml
//go:generate go tool oapi-codegen -config server.yaml ../../assets/api/central.yaml

// Media types of the contract.
const (
	// SealedType is the body of a PUT: an age file, not armoured (IANA, 2021).
	SealedType = "application/vnd.age"
	// TusType is the body of a PATCH of a part (tus 1.0).
	TusType = "application/offset+octet-stream"
	// ProblemType is every refusal (RFC 9457).
	ProblemType = "application/problem+json"
)

// TusVersion is the version of tus by which parts are sent.
const TusVersion = string(TusResumableN100)

// MaxSealed is the most bytes that a sealed submission may have.
const MaxSealed = 1 << 20

// Limits of what is handed over with a submission.
const (
	MaxAttachment  = 20 << 20               // bytes of one plain content
	MaxAttachments = 12                     // attachments of a submission
	MaxAttached    = 60 << 20               // bytes of all plain contents of a submission
	MaxPart        = MaxAttachment + 64<<10 // bytes of one part: age adds 16 to each 64 KiB, and a header
)

// MaxStatusIDs is the most ids that one StatusQuery may have.
const MaxStatusIDs = 200

// Format prints the id alone.
func (s Submission) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "submission "+s.ID+" (redacted)")
}

// LogValue gives the id alone.
func (s Submission) LogValue() slog.Value {
	return slog.StringValue("submission " + s.ID + " (redacted)")
}

// Format prints how well the applicant is known, and no more.
func (a Applicant) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "applicant (redacted, "+string(a.Assurance)+")")
}

// LogValue gives how well the applicant is known, and no more.
func (a Applicant) LogValue() slog.Value {
	return slog.StringValue("applicant (redacted, " + string(a.Assurance) + ")")
}

// Format prints which question it is, and no more.
func (a Answer) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "answer "+a.ID+" (redacted)")
}

// LogValue gives which question it is, and no more.
func (a Answer) LogValue() slog.Value {
	return slog.StringValue("answer " + a.ID + " (redacted)")
}

// Format hides the secret: who has it may look up the dossier.
func (l LookUp) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "look-up (redacted)") }

// LogValue hides the secret.
func (l LookUp) LogValue() slog.Value { return slog.StringValue("look-up (redacted)") }

// Format prints to which question it belongs, and no more.
func (a Attachment) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "attachment of "+a.Question+" (redacted)")
}

// LogValue gives to which question it belongs, and no more.
func (a Attachment) LogValue() slog.Value {
	return slog.StringValue("attachment of " + a.Question + " (redacted)")
}
