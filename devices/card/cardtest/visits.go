package cardtest

import (
	"bytes"
	"testing"

	"motcua/devices"
	"motcua/devices/card/cardsim"
	"motcua/devices/card/emrtd"
	"motcua/devices/card/lds"
	"motcua/devices/card/lds/ldstest"
	"motcua/devices/card/lds/trust"
)

// cases are cards that differ from a good one in one thing.
func cases() []visit {
	list := []visit{
		{name: "Opened/by PACE with the zone", mrz: true, level: trust.ChipGenuine},
		{name: "Opened/by BAC", chip: ldstest.Chip{PACE: []lds.PACE{}}, mrz: true, level: trust.ChipGenuine},
		{name: "Opened/by BAC alone, and no zone", chip: ldstest.Chip{PACE: []lds.PACE{}}, err: emrtd.ErrAsk},
		{name: "Proof/by chip authentication alone", chip: ldstest.Chip{NoActive: true}, level: trust.ChipGenuine},
		{name: "Proof/by active authentication alone", chip: ldstest.Chip{NoSecured: true}, level: trust.ChipGenuine},
		{name: "Proof/by an RSA key", chip: ldstest.Chip{ActiveKey: ldstest.Short}, level: trust.ChipGenuine},
		{name: "Proof/by an RSA key alone", chip: ldstest.Chip{ActiveKey: ldstest.Short, NoSecured: true}, level: trust.ChipGenuine},
		{name: "Proof/none", chip: ldstest.Chip{NoActive: true, NoSecured: true}, level: trust.ChipVerified, reason: trust.ChipNotAble},
		{name: "Copy", spoil: copied, level: trust.ChipRead, reason: trust.ChipFailed, refuse: true},
		{name: "Copy/of a chip with active authentication alone", chip: ldstest.Chip{NoSecured: true}, spoil: copied, level: trust.ChipRead, reason: trust.ChipFailed, refuse: true},
		{name: "Copy/of a chip with chip authentication alone", chip: ldstest.Chip{NoActive: true}, spoil: copied, level: trust.ChipRead, reason: trust.ChipFailed, refuse: true, unread: lds.DG2},
		{name: "Copy/that will not answer", spoil: func(_ *testing.T, c *cardsim.Chip) { c.Refuse() }, level: trust.ChipVerified, reason: trust.ChipUnfinished},
		{name: "Downgrade/PACE taken out", mrz: true, spoil: without(lds.CardAccess), err: emrtd.ErrDowngrade},
		{name: "Downgrade/a weaker way put in", spoil: weaker, err: emrtd.ErrDowngrade},
		{name: "Absent/DG2", spoil: without(lds.DG2), level: trust.ChipGenuine, reason: trust.GroupMissing},
		{name: "Absent/DG14", spoil: without(lds.DG14), level: trust.ChipGenuine, reason: trust.GroupMissing},
		{name: "Absent/DG15", spoil: without(lds.DG15), level: trust.ChipGenuine, reason: trust.GroupMissing},
		{name: "Absent/DG14 and DG15", spoil: func(_ *testing.T, c *cardsim.Chip) { c.Write(lds.DG14, nil); c.Write(lds.DG15, nil) }, level: trust.ChipVerified, reason: trust.ChipKeyMissing},
		{name: "Absent/DG14, the only key", chip: ldstest.Chip{NoActive: true}, spoil: without(lds.DG14), level: trust.ChipVerified, reason: trust.ChipKeyMissing},
		{name: "Absent/DG15, the only key", chip: ldstest.Chip{NoSecured: true}, spoil: without(lds.DG15), level: trust.ChipVerified, reason: trust.ChipKeyMissing},
		{name: "Absent/EF.SOD", spoil: without(lds.SOD), level: trust.ChipRead, reason: trust.SODMissing, unread: lds.DG2},
		{name: "Forbidden/DG2", quirks: cardsim.Quirks{Forbidden: []lds.File{lds.DG2, lds.DG3}}, level: trust.ChipGenuine, reason: trust.GroupMissing},
		{name: "Written/DG1", spoil: written(lds.DG1), level: trust.ChipRead, reason: trust.GroupAltered, refuse: true},
		{name: "Written/DG2", spoil: written(lds.DG2), level: trust.ChipRead, reason: trust.GroupAltered, refuse: true, unread: lds.DG2},
		{name: "Written/DG13", spoil: written(lds.DG13), level: trust.ChipRead, reason: trust.GroupAltered, refuse: true},
		{name: "Written/DG14", spoil: written(lds.DG14), level: trust.ChipRead, reason: trust.GroupAltered, refuse: true},
		{name: "Written/DG14, where it names PACE", spoil: renamed, level: trust.ChipRead, reason: trust.GroupAltered, refuse: true},
		{name: "Written/DG15", spoil: written(lds.DG15), level: trust.ChipRead, reason: trust.GroupAltered, refuse: true},
		{name: "Written/EF.SOD", spoil: written(lds.SOD), level: trust.ChipRead, reason: trust.SignatureWrong, refuse: true},
		{name: "Form/DG13 is no DG13", spoil: garbled(lds.DG13), err: emrtd.ErrMalformed},
		{name: "Form/EF.SOD names a gigabyte", spoil: huge(lds.SOD), err: emrtd.ErrMalformed},
		{name: "Form/EF.SOD is longer than it is", spoil: longer(lds.SOD), err: devices.ErrRefused},
	}
	wanting := func(f ldstest.Fault, r trust.Reason, refuse bool) {
		list = append(list, visit{name: "State/" + string(f), fault: f, level: trust.ChipRead, reason: r, refuse: refuse})
	}
	wanting(ldstest.SHA1Hashes, trust.DigestSHA1, false)
	wanting(ldstest.SHA1Signer, trust.DigestSHA1, false)
	wanting(ldstest.SHA1Certificate, trust.DigestSHA1, false)
	wanting(ldstest.AlteredContent, trust.ContentAltered, true)
	wanting(ldstest.AlteredAttribute, trust.SignatureWrong, true)
	wanting(ldstest.WrongKey, trust.SignatureWrong, true)
	wanting(ldstest.SignerAbsent, trust.SignerMissing, false)
	wanting(ldstest.SignerEarly, trust.SignerEarly, false)
	wanting(ldstest.SignerExpired, trust.SignerExpired, false)
	wanting(ldstest.SignerRevoked, trust.SignerRevoked, true)
	wanting(ldstest.SignerNoUsage, trust.SignerUsage, true)
	wanting(ldstest.SignerIsCA, trust.SignerUsage, true)
	wanting(ldstest.SignerDemand, trust.SignerExtension, false)
	wanting(ldstest.ForgedSigner, trust.AnchorWrong, true)
	wanting(ldstest.HashTwice, trust.SODGarbled, false)
	wanting(ldstest.TypeMissing, trust.SODGarbled, false)
	wanting(ldstest.TypeTwice, trust.SODGarbled, false)
	wanting(ldstest.TypeOther, trust.SODGarbled, false)
	wanting(ldstest.DigestTwice, trust.SODGarbled, false)
	wanting(ldstest.ContentOther, trust.SODGarbled, false)
	wanting(ldstest.TwoSigners, trust.SODGarbled, false)
	// What nobody signed is not read, so that nothing is wrong with what is.
	return append(list, visit{name: "State/" + string(ldstest.HashMissing), fault: ldstest.HashMissing, level: trust.ChipGenuine})
}

// copied makes the chip a copy.
func copied(t *testing.T, c *cardsim.Chip) {
	t.Helper()
	if err := c.LoseKeys(); err != nil {
		t.Fatal(err)
	}
}

func without(f lds.File) func(*testing.T, *cardsim.Chip) {
	return func(_ *testing.T, c *cardsim.Chip) { c.Write(f, nil) }
}

// written changes one bit near the end of a file.
func written(f lds.File) func(*testing.T, *cardsim.Chip) {
	return func(_ *testing.T, c *cardsim.Chip) {
		b := c.File(f)
		b[len(b)-2] ^= 1
		c.Write(f, b)
	}
}

// renamed has DG14 name PACE on another curve than the chip offers.
func renamed(_ *testing.T, c *cardsim.Chip) {
	c.Write(lds.DG14, bytes.Replace(c.File(lds.DG14), []byte{0x02, 0x01, 0x02, 0x02, 0x01, 0x0C}, []byte{0x02, 0x01, 0x02, 0x02, 0x01, 0x0D}, 1))
}

func garbled(f lds.File) func(*testing.T, *cardsim.Chip) {
	return func(_ *testing.T, c *cardsim.Chip) { c.Write(f, []byte{0x30, 0x03, 1, 2, 3}) }
}

func huge(f lds.File) func(*testing.T, *cardsim.Chip) {
	return func(_ *testing.T, c *cardsim.Chip) { c.Write(f, []byte{byte(f.Tag()), 0x84, 0x40, 0, 0, 0, 1, 2}) }
}

// longer makes a file's header name more bytes than there are.
func longer(f lds.File) func(*testing.T, *cardsim.Chip) {
	return func(_ *testing.T, c *cardsim.Chip) { c.Write(f, []byte{byte(f.Tag()), 0x82, 0x02, 0, 1, 2}) }
}

// weaker says in the clear that the chip does PACE with 3DES only, and has it do
// so: what a go-between would want.
func weaker(t *testing.T, c *cardsim.Chip) {
	t.Helper()
	way := cardsim.Ways()[0]
	access, err := locks(t, cardsim.Plan{PACE: []cardsim.Way{way}}).CardAccess()
	if err != nil {
		t.Fatal(err)
	}
	c.Write(lds.CardAccess, access)
	c.Offer(way)
}
