package main

import (
	"os"

	"motcua/devices/sound/soundsim"
)

type sinkCmd struct {
	Out string `arg:"" help:"WAV file that is appended to."`
}

// Run plays standard input at the pace of a sound card and records it.
func (c *sinkCmd) Run() error { return soundsim.Sink(os.Stdin, c.Out) }
