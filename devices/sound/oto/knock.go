package oto

/*
#cgo pkg-config: alsa
#include <alsa/asoundlib.h>

// What goes wrong comes back as a value; the library's chatter on standard
// error says the same again, thousands of times on a dead device.
static void quiet(const char *file, int line, const char *function, int err, const char *fmt, ...) {}

// knock gives in *card the number of the sound card behind the default device; -1
// where there is none, as behind a file or a sound server.
static int knock(int *card) {
	snd_pcm_t *pcm;
	snd_pcm_info_t *info;
	*card = -1;
	snd_lib_error_set_handler(quiet);
	int err = snd_pcm_open(&pcm, "default", SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
	if (err < 0)
		return err;
	snd_pcm_info_alloca(&info);
	if (snd_pcm_info(pcm, info) >= 0)
		*card = snd_pcm_info_get_card(info);
	return snd_pcm_close(pcm);
}
*/
import "C"

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// wrongCard: the default device is not at the card that it must be at.
type wrongCard struct{ want, got string }

// Error says which card it is, and how that is mended.
func (e *wrongCard) Error() string {
	return fmt.Sprintf("the default device is at %s, not at sound card %q: name that one in asound.conf or ALSA_CARD", e.got, e.want)
}

// knock opens the default device and closes it again, without waiting for
// another program that holds it. It must be at the card with that id; "" = any.
func knock(want string) error {
	var number C.int
	if err := C.knock(&number); err < 0 {
		return fmt.Errorf("default device: %w", syscall.Errno(-err))
	}
	return right(want, int(number), "/proc/asound")
}

// right compares the id of a card with the one that is wanted. Ids stay the same
// when the kernel gives a replugged card another number (Documentation/sound).
func right(want string, number int, proc string) error {
	if want == "" {
		return nil
	}
	if number < 0 {
		return &wrongCard{want, "no sound card"}
	}
	id, err := os.ReadFile(fmt.Sprintf("%s/card%d/id", proc, number))
	if err != nil {
		return fmt.Errorf("id of sound card %d: %w", number, err)
	}
	if got := strings.TrimSpace(string(id)); got != want {
		return &wrongCard{want, fmt.Sprintf("sound card %q", got)}
	}
	return nil
}
