package pcsc

import "errors"

// What keeps a card from being read, and what to do about it. Each comes wrapped
// in a *devices.Error, beside the reason named here; test with errors.Is.
var (
	// ErrNoDaemon: nobody listens at the daemon's socket. devices.ErrGone.
	ErrNoDaemon = errors.New("the card daemon is not running: install pcscd and run `systemctl enable --now pcscd.socket`")
	// ErrDenied: the socket's mode or polkit forbids this user to use the daemon, or
	// the reader. devices.ErrRefused.
	ErrDenied = errors.New("the card daemon turns this user away: allow it org.debian.pcsc-lite.access_pcsc and access_card in a polkit rule")
	// ErrVersion: the daemon speaks none of the protocol's versions 4.4 to 4.6.
	// devices.ErrRefused.
	ErrVersion = errors.New("the card daemon speaks another protocol: install pcscd 1.8.24 or later")
	// ErrHung: the daemon took the call and says nothing. devices.ErrSilent.
	ErrHung = errors.New("the card daemon does not answer: run `systemctl restart pcscd`")
	// ErrNoReader: the daemon knows no reader, or none of that name, and none was
	// seen on USB. devices.ErrGone.
	ErrNoReader = errors.New("no card reader is connected: plug it in, and look after its name in the configuration")
	// ErrUnlisted: a card reader is on USB, but the daemon does not know it.
	// devices.ErrGone.
	ErrUnlisted = errors.New("a card reader is on USB but the card daemon does not know it: install its driver (libccid, or its maker's), free it from the kernel's and restart pcscd")
	// ErrStuck: the daemon knows the reader but cannot reach it. devices.ErrGone.
	ErrStuck = errors.New("the card reader does not answer the card daemon: pull its cable and plug it in again")
	// ErrBusy: another program has the reader for itself. devices.ErrRefused.
	ErrBusy = errors.New("another program holds the card reader: end that program")
	// ErrMute: a card lies there that does not speak: upside down, too far off, one
	// of several, broken, or no chip card. devices.ErrSilent.
	ErrMute = errors.New("the card gives no answer to reset: lay one card flat on the reader")
)
