package main

import (
	"context"
	"errors"
	"os"

	"motcua/devices/barcode"
	"motcua/devices/barcode/hid"
	barcodeserial "motcua/devices/barcode/serial"
	"motcua/devices/card"
	"motcua/devices/card/acr122s"
	"motcua/devices/card/lds/trust"
	"motcua/devices/card/pcsc"
	"motcua/devices/receipt"
	"motcua/devices/receipt/escpos"
	"motcua/kiosk/trouble"
)

// scanner says how the configured scanner is opened.
func (h *house) scanner() (open func(context.Context) (barcode.Scanner, error), ok bool) {
	u, ok := h.config.Peripheral("barcode")
	if !ok {
		return nil, false
	}
	if u.Driver == "hid" {
		return func(ctx context.Context) (barcode.Scanner, error) {
			vid, pid, err := hid.ParseIDs(u.USB)
			if err != nil {
				return nil, err
			}
			s, err := hid.Open(ctx, hid.Options{Unit: u.Name, VID: vid, PID: pid, Kind: hid.Kind(u.Kind)})
			if err != nil {
				return nil, err
			}
			return s, nil
		}, true
	}
	return func(ctx context.Context) (barcode.Scanner, error) {
		s, err := barcodeserial.Open(ctx, barcodeserial.Options{Unit: u.Name, Path: u.Port, Baud: u.Baud})
		if err != nil {
			return nil, err
		}
		return s, nil
	}, true
}

// printer says how the configured printer is opened.
func (h *house) printer() (open func(context.Context) (receipt.Printer, error), ok bool) {
	u, ok := h.config.Peripheral("receipt")
	if !ok {
		return nil, false
	}
	return func(ctx context.Context) (receipt.Printer, error) {
		p, err := escpos.Open(ctx, escpos.Options{Unit: u.Name, Port: u.Port, Baud: u.Baud, Model: u.Profile})
		if err != nil {
			return nil, err
		}
		return p, nil
	}, true
}

// reader says how the configured card reader is opened. As for every program that
// uses PC/SC, PCSCLITE_CSOCK_NAME names another socket of the card daemon.
func (h *house) reader() (open func(context.Context) (card.Reader, error), ok bool) {
	u, ok := h.config.Peripheral("card")
	if !ok {
		return nil, false
	}
	if u.Driver == "acr122s" {
		return func(ctx context.Context) (card.Reader, error) {
			r, err := acr122s.Open(ctx, acr122s.Options{Unit: u.Name, Path: u.Port, Baud: u.Baud})
			if err != nil {
				return nil, err
			}
			return r, nil
		}, true
	}
	return func(ctx context.Context) (card.Reader, error) {
		r, err := pcsc.Open(ctx, pcsc.Options{Unit: u.Name, Reader: u.Reader, Socket: os.Getenv("PCSCLITE_CSOCK_NAME")})
		if err != nil {
			return nil, err
		}
		return r, nil
	}, true
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
