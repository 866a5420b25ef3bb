package main

import (
	"context"
	"errors"
	"os"

	"motcua/devices"
	"motcua/devices/barcode"
	"motcua/devices/barcode/camera"
	"motcua/devices/barcode/hid"
	barcodeserial "motcua/devices/barcode/serial"
	"motcua/devices/card"
	"motcua/devices/card/acr122s"
	"motcua/devices/card/lds/trust"
	"motcua/devices/card/pcsc"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/kiosk/config"
	"motcua/kiosk/station"
	"motcua/kiosk/trouble"
)

// scanners says how the configured scanners are opened.
func (h *house) scanners() []station.Unit[barcode.Scanner] {
	var all []station.Unit[barcode.Scanner]
	for _, u := range h.config.Of("barcode") {
		open := openSerial
		switch u.Driver {
		case "hid":
			open = openHID
		case "camera":
			open = openCamera
		}
		all = append(all, station.Unit[barcode.Scanner]{Name: u.Name, Model: u.Profile,
			Open: func(ctx context.Context) (barcode.Scanner, error) { return open(ctx, u) }})
	}
	return all
}

func openSerial(ctx context.Context, u config.Peripheral) (barcode.Scanner, error) {
	var profile barcodeserial.Profile
	if u.Profile != "" {
		var err error
		if profile, err = barcodeserial.ProfileOf(u.Profile); err != nil {
			return nil, devices.Fail(u.Name, "open", devices.ErrRefused, err)
		}
	}
	s, err := barcodeserial.Open(ctx, barcodeserial.Options{Unit: u.Name, Path: u.Port, Baud: u.Baud,
		Profile: profile, Trigger: barcodeserial.Trigger(u.Trigger)})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openHID(ctx context.Context, u config.Peripheral) (barcode.Scanner, error) {
	vid, pid, err := hid.ParseIDs(u.USB)
	if err != nil {
		return nil, devices.Fail(u.Name, "open", devices.ErrRefused, err)
	}
	s, err := hid.Open(ctx, hid.Options{Unit: u.Name, VID: vid, PID: pid, Interface: u.Interface, Kind: hid.Kind(u.Kind)})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openCamera(ctx context.Context, u config.Peripheral) (barcode.Scanner, error) {
	s, err := camera.Open(ctx, camera.Options{Unit: u.Name, Path: u.Port})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// paperCamera says how the camera that takes pictures of papers is opened; nil =
// none is configured.
func (h *house) paperCamera() *station.Unit[camera.Source] {
	u, ok := h.config.Peripheral("camera")
	if !ok {
		return nil
	}
	return &station.Unit[camera.Source]{Name: u.Name,
		Open: func(ctx context.Context) (camera.Source, error) {
			v, err := camera.OpenVideo(ctx, u.Name, u.Port, u.Width, u.Height)
			if err != nil {
				return nil, err
			}
			return v, nil
		},
		There: func() error {
			if _, err := os.Stat(u.Port); err != nil {
				return devices.Fail(u.Name, "look", devices.ErrGone, err)
			}
			return nil
		},
	}
}

// printers says how the configured printers are opened.
func (h *house) printers() []station.Unit[receipt.Printer] {
	var all []station.Unit[receipt.Printer]
	for _, u := range h.config.Of("receipt") {
		all = append(all, station.Unit[receipt.Printer]{Name: u.Name, Model: u.Profile,
			Open: func(ctx context.Context) (receipt.Printer, error) {
				p, err := escpos.Open(ctx, escpos.Options{Unit: u.Name, Port: u.Port, Baud: u.Baud, Model: u.Profile})
				if err != nil {
					return nil, err
				}
				return p, nil
			}})
	}
	return all
}

// readers says how the configured card readers are opened. As for every program
// that uses PC/SC, PCSCLITE_CSOCK_NAME names another socket of the card daemon.
func (h *house) readers() []station.Unit[card.Reader] {
	var all []station.Unit[card.Reader]
	for _, u := range h.config.Of("card") {
		open := openPCSC
		if u.Driver == "acr122s" {
			open = openACR122S
		}
		all = append(all, station.Unit[card.Reader]{Name: u.Name, Model: u.Reader,
			Open: func(ctx context.Context) (card.Reader, error) { return open(ctx, u) }})
	}
	return all
}

func openPCSC(ctx context.Context, u config.Peripheral) (card.Reader, error) {
	r, err := pcsc.Open(ctx, pcsc.Options{Unit: u.Name, Reader: u.Reader, Socket: os.Getenv("PCSCLITE_CSOCK_NAME")})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func openACR122S(ctx context.Context, u config.Peripheral) (card.Reader, error) {
	r, err := acr122s.Open(ctx, acr122s.Options{Unit: u.Name, Path: u.Port, Baud: u.Baud})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// readerTrouble names what keeps the card reader from being used.
func readerTrouble(err error) trouble.Code {
	switch {
	case errors.Is(err, pcsc.ErrNoDaemon), errors.Is(err, pcsc.ErrHung), errors.Is(err, pcsc.ErrVersion):
		return "reader-daemon"
	case errors.Is(err, pcsc.ErrDenied):
		return "reader-denied"
	case errors.Is(err, pcsc.ErrUnlisted), errors.Is(err, pcsc.ErrBusy):
		return "reader-unseen"
	}
	return "reader-away"
}

// anchors loads the certificates that prove what chips say. What is at fault is
// logged and left out: a chip is read all the same, and says what was wanting.
func (h *house) anchors() *trust.Anchors {
	t := h.config.Trust
	rules := trust.Rules{State: t.Country}
	if t.Anchors != "" {
		a, err := trust.Open(t.Anchors, rules)
		var faults trust.Faults
		switch {
		case errors.As(err, &faults):
			for _, f := range faults {
				h.log.Error("trust anchor left out", "err", f)
			}
		case err != nil:
			h.log.Error("no trust anchors", "err", err)
		}
		if a != nil {
			roots, lists := a.Len()
			h.log.Info("trust anchors", "roots", roots, "lists", lists)
			return a
		}
	}
	return nil // no signature leads anywhere
}
