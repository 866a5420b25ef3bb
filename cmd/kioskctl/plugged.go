package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"motcua/devices"
	"motcua/devices/hotplug"
	"motcua/devices/known"
	"motcua/kiosk/config"
)

// kernel is where the kernel shows what is plugged in; tests and a technician with
// a recording of another computer name other folders.
type kernel struct {
	Sys string `default:"/sys" hidden:"" help:"Where sysfs is."`
	Dev string `default:"/dev" hidden:"" help:"Where the nodes are."`
}

func (k kernel) tree() hotplug.Tree { return hotplug.Tree{Sys: k.Sys, Dev: k.Dev} }

// finds lists what is plugged in.
func (k kernel) finds() ([]known.Find, error) {
	list, err := known.Known()
	if err != nil {
		return nil, err
	}
	finds, err := list.Look(k.tree())
	if err != nil {
		return nil, fmt.Errorf("what is plugged in cannot be seen: %w", err)
	}
	return finds, nil
}

// where is a configured unit's line in one word.
func where(p config.Peripheral) string {
	switch {
	case p.Port != "":
		return p.Port
	case p.USB != "" && p.Interface != 0:
		return fmt.Sprintf("usb %s #%02x", strings.ToLower(p.USB), p.Interface)
	case p.USB != "":
		return "usb " + strings.ToLower(p.USB)
	case p.Reader != "":
		return "PC/SC " + p.Reader
	case p.Driver == "pcsc":
		return "PC/SC"
	case p.Card != "":
		return "ALSA " + p.Card
	case p.Driver == "oto":
		return "ALSA"
	}
	return ""
}

// means tells whether a configured unit is the find, by any of the lines that fit
// it. What is on a network is no find.
func means(p config.Peripheral, f known.Find, tree hotplug.Tree) bool {
	for _, fit := range f.Fits {
		if fit.Driver == p.Driver && sameLine(p, fit) {
			return true
		}
	}
	n, err := hotplug.ParseName(p.Port)
	if err != nil || n.Path == "" && (n.VID != f.VID || n.PID != f.PID) {
		return false
	}
	node := n.Path
	if n.Path == "" {
		u, err := tree.Find(p.Port, "")
		if err != nil { // several nodes of one unit
			u, err = tree.Find(p.Port, "usbmisc")
		}
		if err != nil {
			return false
		}
		node = u.Node
	} else if node, err = filepath.EvalSymlinks(n.Path); err != nil {
		return false // not plugged in
	}
	for _, a := range f.Faces {
		if slices.ContainsFunc(a.Nodes, func(u hotplug.Unit) bool { return u.Node == node }) {
			return true
		}
	}
	return false
}

// sameLine tells whether a fit of the same driver is on the unit's line.
func sameLine(p config.Peripheral, f known.Fit) bool {
	switch p.Driver {
	case "hid":
		return strings.EqualFold(p.USB, f.USB) && p.Interface == f.Interface
	case "pcsc":
		return p.Reader == "" || f.Reader != "" && strings.Contains(p.Reader, f.Reader)
	case "oto":
		return p.Card == "" || p.Card == f.Card
	}
	return p.Port == f.Port
}

// plate puts a plate into words; "" if nothing is on it.
func plate(p devices.Plate) string {
	s := strings.TrimSpace(p.Maker + " " + p.Model)
	if p.Serial != "" {
		s = strings.TrimSpace(s + ", serial " + p.Serial)
	}
	return strings.TrimPrefix(s, ", ")
}
