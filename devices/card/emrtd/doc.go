// Package emrtd reads the chip of an identity card after ICAO Doc 9303 parts 10
// and 11 (eighth edition, 2021): access by PACE or BAC, secure messaging, files,
// chip authentication and active authentication.
//
// Open opens the chip of a card.Card with what is known of its holder and gives a
// Chip. Read gets one file over the encrypted line, AuthenticateChip and
// AuthenticateActive prove that the chip is no copy. What is in the files, and
// who signed them, is not for this package.
//
// All that comes from the card is held to be hostile until its code is checked,
// and its content even then. The first answer that breaks secure messaging ends
// the session: every later call fails with the same error. Keys and buffers are
// wiped by Close, passwords by who made them; no error, no String and no progress
// report holds a secret or a byte of a file.
//
// Vietnamese cards refuse SELECT MF with 6D00, which does no harm here; their
// CAN is the last six digits of the personal number.
package emrtd
