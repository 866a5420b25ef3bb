package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"motcua/kiosk/pin"
)

type pinCmd struct{}

// Help lists the exit codes.
func (pinCmd) Help() string {
	return "The PIN is read from standard input, one line, so that it stands in no history.\n\n" + exitCodes
}

// Run makes the line of the configuration for a PIN.
func (pinCmd) Run(d *desk) error {
	fmt.Fprintln(d.words, "kioskctl: type the PIN of the staff, then Enter")
	line, err := bufio.NewReader(io.LimitReader(d.in, 256)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	hash, err := pin.Hash(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	fmt.Fprintln(d.words, "kioskctl: put this into the configuration and start the kiosk anew:")
	return d.give(map[string]string{"pin": hash}, func(w *tabwriter.Writer) { fmt.Fprintf(w, "[staff]\npin = '%s'\n", hash) })
}
