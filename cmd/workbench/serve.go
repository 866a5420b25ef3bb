package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"motcua/cmd/workbench/desk"
	"motcua/cmd/workbench/reader"
)

type serveCmd struct {
	Dir     string `name:"run" required:"" placeholder:"DIR" help:"Folder of the ports; made if need be."`
	Central string `default:"127.0.0.1:8443" help:"Where the far end of the network cable goes (${default})."`
	Hatch   string `placeholder:"SOCKET" help:"The kiosk's socket, to show what it shows."`
	Listen  string `default:"127.0.0.1:0" help:"Address of the page, on this machine (${default}: a free port)."`
	Speed   int    `default:"150" help:"Of the printer, in mm a second; 0 = at once (${default})."`
}

// Run serves until ctx ends. It prints where the peripherals are, and last
// "page http://127.0.0.1:…", when all is ready.
func (c *serveCmd) Run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ports := desk.PortsOf(c.Dir)
	d, err := desk.Open(desk.Options{
		Run: c.Dir, Sink: quote(self) + " sink " + quote(ports.Voice),
		Central: c.Central, Hatch: c.Hatch, Speed: c.Speed,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		l.Close()
		return fmt.Errorf("%s is not of this machine alone: take 127.0.0.1", c.Listen)
	}
	if err := d.Missing(); err != nil {
		fmt.Printf("reader none: %v\n", err)
	} else {
		fmt.Printf("reader %s\nPCSCLITE_CSOCK_NAME %s\n", reader.Name, ports.Card)
	}
	fmt.Printf("anchors %s\nscanner %s\nprinter %s\nALSA_CONFIG_PATH %s\npage http://%s\n",
		ports.Anchors, ports.Scanner, ports.Printer, ports.ALSA, l.Addr())
	return d.Run(ctx, l)
}

// quote makes one word of s for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
