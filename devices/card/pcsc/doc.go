// Package pcsc drives readers of chip cards through PC/SC: the card daemon pcscd
// of pcsc-lite, which knows hundreds of makes and plugs them in and out.
//
// # Why it speaks to the daemon itself
//
// The usual way is libpcsclite by cgo, with the binding ebfe/scard. It was not
// taken. SCardGetStatusChange holds a thread until something happens, and the one
// way out of it, SCardCancel, races with the call's beginning and end: it may fail
// or be lost (LudovicRousseau/PCSC #160 and pull requests #17 and #24), so that a
// wait that is to end may not. Nothing ends SCardTransmit. A context on every
// exchange would need a goroutine and a thread each, left behind whenever a reader
// hangs, and the binding is not kept up. What libpcsclite says to the daemon is
// small, and has been the same since 2018 but for additions: nine messages on a
// socket, each of fixed size. On a socket of Go every wait ends with its context
// and with Close, holds no thread, and leaves the answer that comes late to be read
// later. The program needs no library to be built or run.
//
// # The protocol
//
// It is that of pcsc-lite's winscard_msg.h in the versions 4.4 (pcsc-lite 1.8.24 to
// 2.2), 4.5 (2.3 and 2.4) and 4.6 (2.5). Older and newer daemons take 4.4; those from
// 2.3.0 to 2.4.0 take 4.5 alone, so the daemon is asked. Tried with pcscd 1.9.9 of
// Debian 12, and for the others with package pcscsim, written after their sources.
//
// The reader's list and the coming and going of cards are heard on one connection
// (two with 4.6, see watch), each card has another for itself. While nothing
// happens nothing is sent.
//
// # Readers
//
// A reader that is pulled out, or a daemon that ends, is devices.ErrGone: open it
// again. What keeps it from being opened is told by one error of this package for
// each cause, whose words say what to do, and by Diagnose step by step.
//
// # Cards
//
// A card is taken for this program alone (SCARD_SHARE_EXCLUSIVE): a command that
// another program puts between would break secure messaging, or be answered under
// its keys. Programs that look at each card for a moment are waited for; one that
// holds on to it for 5 s is told as ErrBusy. A card that lay there when the reader
// was opened is reset first, as another program may have left it in use.
//
// PC/SC knows no second card: Crowded is never told; two cards are, with most
// readers, one of them or a mute one. A card that gives no answer to reset is told
// by Tapped, fails each exchange with ErrMute, and may be had by Reset after all.
//
// Answers have up to 256 bytes of data, unless the reader says that it carries
// more (PC/SC part 10, dwMaxAPDUDataSize).
//
// A card that leaves during an exchange is known once the daemon has seen it,
// within 0.4 s for a reader that is asked by turns.
package pcsc
