package lds

import (
	"fmt"
	"log/slog"
)

const redacted = "redacted"

// Secret is what opens a chip: a CAN or the characters of the machine readable
// zone that its keys grow from. It prints redacted whatever the verb; Reveal is
// the one way to the characters.
type Secret string

// Reveal gives the characters, for the chip's keys alone.
func (s Secret) Reveal() string { return string(s) }

// Format prints "redacted" under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue prints "redacted" in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText prints "redacted" in every document format.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format prints "redacted" under every verb.
func (m MRZ) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("mrz (redacted)")) }

// LogValue prints "redacted" in logs.
func (m MRZ) LogValue() slog.Value { return slog.StringValue("mrz (redacted)") }

// MarshalText prints "redacted" in every document format.
func (m MRZ) MarshalText() ([]byte, error) { return []byte("mrz (redacted)"), nil }

// Format prints "redacted" under every verb.
func (d Day) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue prints "redacted" in logs.
func (d Day) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText prints "redacted" in every document format.
func (d Day) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format prints "redacted" under every verb.
func (p Portrait) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("portrait (redacted)")) }

// LogValue prints "redacted" in logs.
func (p Portrait) LogValue() slog.Value { return slog.StringValue("portrait (redacted)") }

// MarshalText prints "redacted" in every document format.
func (p Portrait) MarshalText() ([]byte, error) { return []byte("portrait (redacted)"), nil }
