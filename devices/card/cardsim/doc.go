// Package cardsim is an identity card's chip made of software, and the reader it
// is laid on, with hands: what a visitor, a broken line and an attacker do.
//
// The chip is the card's side of ICAO Doc 9303-11 (eighth edition): BAC, PACE with
// generic mapping, secure messaging, chip and active authentication, and files
// with the access rules of identity cards. It behaves like Vietnamese ones: it
// refuses SELECT MF with 6D00, has no DG11, and does not give DG3 to anybody here.
//
// A Chip answers bytes with bytes and has no clock, so that it can be laid on a
// Reader of this package, in process, served to a card daemon with Serve, or put into
// a USB reader that QEMU plays with ServePassthru.
package cardsim
