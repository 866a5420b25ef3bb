package lds_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"motcua/devices/card/lds"
	"motcua/devices/card/lds/spki"
)

func TestReadCardAccess(t *testing.T) {
	const (
		paceGM    = "3012060A04007F0007020204020202010202010D" // PACE-ECDH-GM-AES-128, version 2, parameter 13
		paceBare  = "300F060A04007F00070202040204020102"       // AES-256, no parameter
		chipAuth  = "3012060A04007F00070202030202020101020105" // ECDH, AES-128, version 1, key 5
		terminal  = "300D060804007F0007020202020101"           // terminal authentication, not read here
		domain    = "300D060904007F0007020204023000"           // an arc up: domain parameters, no way of PACE
		activeSHA = "3015060667810801010502010106082A8648CE3D040302"
	)
	set := func(entries ...string) []byte {
		var inner []byte
		for _, e := range entries {
			b, err := hex.DecodeString(e)
			if err != nil {
				t.Fatal(err)
			}
			inner = append(inner, b...)
		}
		return lds.Append(nil, 0x31, inner)
	}
	s, err := lds.ReadCardAccess(set(paceGM, domain, terminal, paceBare, chipAuth, activeSHA))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.PACE) != 2 || s.PACE[0].Protocol.String() != "0.4.0.127.0.7.2.2.4.2.2" || s.PACE[0].Version != 2 || s.PACE[0].Parameter != 13 {
		t.Errorf("PACE = %+v", s.PACE)
	} else if s.PACE[1].Parameter != -1 {
		t.Errorf("parameter not given = %d, want -1", s.PACE[1].Parameter)
	}
	if len(s.ChipAuth) != 1 || s.ChipAuth[0].KeyID != 5 || s.ChipAuth[0].Version != 1 {
		t.Errorf("ChipAuth = %+v", s.ChipAuth)
	}
	if len(s.ActiveAuth) != 1 || s.ActiveAuth[0].Signature.String() != "1.2.840.10045.4.3.2" {
		t.Errorf("ActiveAuth = %+v", s.ActiveAuth)
	}

	for name, in := range map[string][]byte{
		"nothing":            nil,
		"a sequence":         {0x30, 0x00},
		"a byte too many":    append(set(paceGM), 0),
		"entry cut":          {0x31, 0x03, 0x30, 0x05, 0x06},
		"entry that is none": {0x31, 0x02, 0x05, 0x00},
		"negative parameter": set("3012060A04007F000702020402020201020201FF"),
		"something behind":   set("3014060A04007F0007020204020202010202010D0500"),
		"active, no version": set("3010060667810801010506082A8648CE3D0403"),
	} {
		if _, err := lds.ReadCardAccess(in); !errors.Is(err, lds.ErrTag) && !errors.Is(err, lds.ErrValue) {
			t.Errorf("%s: %v, want ErrTag or ErrValue", name, err)
		}
	}
	if s, err := lds.ReadCardAccess(set()); err != nil || s.PACE != nil {
		t.Errorf("an empty set: %+v, %v", s, err)
	}
}

func TestReadDG15Refuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing", nil, lds.ErrShort},
		{"DG14", []byte{0x6E, 0x02, 0x30, 0x00}, lds.ErrTag},
		{"no key", []byte{0x6F, 0x02, 0x30, 0x00}, spki.ErrEncoding},
	} {
		key, err := lds.ReadDG15(tt.in)
		var e *lds.Error
		if key != nil || !errors.Is(err, tt.want) || !errors.As(err, &e) || e.File != lds.DG15 {
			t.Errorf("%s: %T, %v; want %v of DG15", tt.name, key, err, tt.want)
		}
	}
	if _, err := lds.ReadDG14([]byte{0x6F, 0x02, 0x31, 0x00}); !errors.Is(err, lds.ErrTag) {
		t.Errorf("DG15 as DG14: %v", err)
	}
}
