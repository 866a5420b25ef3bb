// Package oto plays through the loudspeaker that ALSA calls "default", by way
// of github.com/hajimehoshi/oto/v2.
//
// A Jack is the socket that the loudspeaker is plugged into. There is one for
// the whole process, because the library never gives an opened device back: a
// Speaker that is closed leaves its line with the Jack, silent and using no
// CPU, and the next Open takes it up again.
//
// # Which loudspeaker
//
// Only the PCM named "default" is used. Name the unit in an asound.conf of the
// station's own and point ALSA_CONFIG_PATH at it; the file then replaces the
// system's, so that no sound can wander off into a monitor:
//
//	pcm.!default {
//		type plug
//		slave.pcm { type hw card "Device" }
//	}
//
// The card is named by its id (/proc/asound/cards, in brackets), never by its
// number: the kernel gives a replugged loudspeaker another number while the
// lost one is still open. With the system's own configuration, ALSA_CARD=Device
// in the environment does the same. NewCard refuses whatever else "default" may
// turn out to be.
//
// # What the library leaves open
//
// A lost device cannot be closed: each loss leaks its file descriptor, one
// goroutine and the library's buffers. That is once for each unplugging of a loudspeaker
// that had worked, not one for each attempt to come back: Open first knocks at
// the device by itself and asks the library only if it answers. A device that
// hangs and then comes round is taken up again without a leak.
//
// # What the library says and does not
//
// Measured on v2.4.3: without a device NewContext succeeds; a player of a dead
// device says IsPlaying for ever; Suspend waits for a write that may hang; the
// player has finished while a buffer of sound is still on its way. So Play
// watches what the device consumes, has a deadline of its own, and asks
// everything that may hang through another goroutine.
package oto
