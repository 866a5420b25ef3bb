// Package soundsim is a loudspeaker at the wire: ALSA's own default device,
// which writes to a program that keeps time like a sound card and records what
// it would have been heard to play.
//
// One folder is one loudspeaker. [Config] writes an ALSA configuration into it,
// to be given to the program under test as ALSA_CONFIG_PATH; ALSA starts the
// sink command, which calls [Sink], for each opening of the device. [Unplug]
// and [Plug] work the folder from anywhere; [Heard] reads the recording.
//
// The wire runs at 48,000 frames a second of two channels of 32 bits, as many a
// USB loudspeaker does. The pipe is shrunk to one page, which holds 11 ms: all
// further delay is the driver's.
//
// Where it differs from metal: an unplugged card fails a write with "no such
// device", the pipe leaves it hanging, which is the worse case for a driver.
// Opening an unplugged one fails in both.
package soundsim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The wire's format.
const (
	wireRate     = 48000
	wireChannels = 2
	frameBytes   = wireChannels * 4
)

// The names of the files in a loudspeaker's folder.
const (
	confName  = "asound.conf"
	plugName  = "asound.plugged" // what asound.conf says while it is plugged in
	awayName  = "unplugged"      // there while it is not
	timesName = ".times"         // after the name of the recording
)

// Config writes the ALSA configuration of a loudspeaker into dir, plugged in,
// and gives its path for ALSA_CONFIG_PATH. sink is a shell command that calls
// [Sink] on its standard input, with a recording in the same dir.
func Config(dir, sink string) (path string, err error) {
	if strings.ContainsAny(sink, "\"\n") {
		return "", fmt.Errorf("sink command %s: must have no double quotes", sink)
	}
	conf := fmt.Sprintf(`pcm.!default {
	type plug
	slave {
		pcm {
			type file
			slave.pcm { type null }
			file "|exec %s"
			format raw
		}
		format S32_LE
		rate %d
		channels %d
	}
}
`, sink, wireRate, wireChannels)
	if err := os.WriteFile(filepath.Join(dir, plugName), []byte(conf), 0o644); err != nil {
		return "", err
	}
	return filepath.Join(dir, confName), Plug(dir)
}

// Unplug pulls the loudspeaker in dir: what plays stops, nothing more is
// consumed, and opening it fails.
func Unplug(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, awayName), nil, 0o644); err != nil {
		return err
	}
	return replace(filepath.Join(dir, confName), []byte("# no device\n"))
}

// Plug puts the loudspeaker in dir back.
func Plug(dir string) error {
	conf, err := os.ReadFile(filepath.Join(dir, plugName))
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, awayName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return replace(filepath.Join(dir, confName), conf)
}

// Away tells whether the loudspeaker in dir is unplugged.
func Away(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, awayName))
	return err == nil
}

// replace writes a new file in the place of path. ALSA reads its configuration
// anew when the file is another one, not when it changes within a second.
func replace(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
