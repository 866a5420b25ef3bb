package oto

/*
#cgo pkg-config: alsa
#include <alsa/asoundlib.h>

// What goes wrong comes back as a value; the library's chatter on standard
// error says the same again, thousands of times on a dead device.
static void quiet(const char *file, int line, const char *function, int err, const char *fmt, ...) {}

static int knock(void) {
	snd_pcm_t *pcm;
	snd_lib_error_set_handler(quiet);
	int err = snd_pcm_open(&pcm, "default", SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
	return err < 0 ? err : snd_pcm_close(pcm);
}
*/
import "C"

import "syscall"

// knock opens the default device and closes it again, without waiting for
// another program that holds it.
func knock() error {
	if err := C.knock(); err < 0 {
		return syscall.Errno(-err)
	}
	return nil
}
