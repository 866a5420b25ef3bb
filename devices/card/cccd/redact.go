package cccd

import (
	"fmt"
	"log/slog"
)

const redacted = "redacted"

// Text is what the card says in one field. It prints redacted whatever the verb;
// Reveal is the one way to the words.
type Text string

// Reveal gives the words, for the form that asked for them.
func (t Text) Reveal() string { return string(t) }

// Format prints "redacted" under every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue prints "redacted" in logs.
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText prints "redacted" in every document format.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format prints "redacted" under every verb.
func (c Card) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("card (redacted)")) }

// LogValue prints "redacted" in logs.
func (c Card) LogValue() slog.Value { return slog.StringValue("card (redacted)") }

// MarshalText prints "redacted" in every document format.
func (c Card) MarshalText() ([]byte, error) { return []byte("card (redacted)"), nil }

// Format prints "redacted" under every verb.
func (q QR) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("qr (redacted)")) }

// LogValue prints "redacted" in logs.
func (q QR) LogValue() slog.Value { return slog.StringValue("qr (redacted)") }

// MarshalText prints "redacted" in every document format.
func (q QR) MarshalText() ([]byte, error) { return []byte("qr (redacted)"), nil }
