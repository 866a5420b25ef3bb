package trust

import (
	"bytes"
	"crypto/subtle"
	"maps"
	"slices"
	"time"

	"motcua/devices/card/lds"
)

// Check proves what was read: sod is the whole EF.SOD, nil if it could not be
// read, and read holds the data groups, each as its whole file. Certificates are
// judged as of now. The level is ChipVerified if nothing is wanting and ChipRead
// otherwise, with every reason that could be found; the chip itself has not been
// asked yet, see Proof.Proved. Check reads no clock, file or network and takes
// some milliseconds.
func (a *Anchors) Check(sod []byte, read map[lds.File][]byte, now time.Time) Proof {
	p := Proof{Level: ChipRead}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(read)), lds.File.Group) {
		p.Doubts = append(p.Doubts, Doubt{Reason: NothingRead})
	}
	if len(sod) == 0 {
		p.Doubts = append(p.Doubts, Doubt{Reason: SODMissing, File: lds.SOD})
		return p
	}
	s, err := ReadSOD(sod)
	if err != nil {
		p.Doubts = append(p.Doubts, doubt(err))
		return p
	}
	p.groups(s, read)
	a.signature(&p, s, now)
	if len(p.Doubts) == 0 {
		p.Level = ChipVerified
		p.Doubts = []Doubt{{Reason: ChipNotAsked}}
	}
	return p
}

func (p *Proof) doubt(r Reason, f lds.File, step string) {
	p.Doubts = append(p.Doubts, Doubt{r, f, step})
}

// groups holds every data group that was read against its hash.
func (p *Proof) groups(s *SOD, read map[lds.File][]byte) {
	for _, group := range slices.Sorted(maps.Keys(read)) {
		if !group.Group() {
			continue
		}
		switch {
		case s.hashes[group] == nil:
			p.doubt(GroupUncovered, group, "")
		case !s.Holds(group, read[group]):
			p.doubt(GroupAltered, group, "")
		default:
			p.covered |= 1 << group
		}
	}
}

// signature follows the SOD from its content to an anchor.
func (a *Anchors) signature(p *Proof, s *SOD, now time.Time) {
	h := s.digest.New()
	h.Write(s.content)
	if subtle.ConstantTimeCompare(h.Sum(nil), s.summed) != 1 {
		p.doubt(ContentAltered, lds.SOD, "digest of the content")
	}
	signer, err := s.certificate()
	if err != nil {
		p.Doubts = append(p.Doubts, doubt(err))
		return
	}
	p.Signature = s.scheme.name(signer.key)
	if err := s.scheme.verify(signer.key, s.attributes, s.signature); err != nil {
		p.Doubts = append(p.Doubts, doubt(at("signature", err)))
	}
	const about = "certificate of the signer"
	if signer.usage&digitalSignature == 0 || signer.ca {
		p.doubt(SignerUsage, lds.SOD, about)
	}
	if signer.demand != "" {
		p.doubt(SignerExtension, lds.SOD, "extension "+signer.demand)
	}
	switch {
	case now.Before(signer.notBefore):
		p.doubt(SignerEarly, lds.SOD, about)
	case now.After(signer.notAfter):
		p.doubt(SignerExpired, lds.SOD, about)
	}
	root, err := a.issuer(signer, now)
	if err != nil {
		p.Doubts = append(p.Doubts, doubt(at("trust anchor", err)))
		return
	}
	switch {
	case now.Before(root.notBefore):
		p.doubt(AnchorEarly, lds.SOD, "trust anchor")
	case now.After(root.notAfter):
		p.doubt(AnchorExpired, lds.SOD, "trust anchor")
	}
	if a.rules.State != "" && root.subject.country != a.rules.State {
		p.doubt(AnchorForeign, lds.SOD, "trust anchor")
	}
	a.revoked(p, root, signer, now)
}

// certificate finds the certificate of the signer among those in the SOD.
func (s *SOD) certificate() (*certificate, error) {
	for _, raw := range s.certificates {
		c, err := readCertificate(raw)
		if err != nil {
			if len(s.certificates) == 1 {
				return nil, at("certificate of the signer", err)
			}
			continue
		}
		if s.serial != nil && s.serial.Cmp(c.serial) == 0 && bytes.Equal(s.issuer, c.issuer.raw) ||
			s.keyID != nil && bytes.Equal(s.keyID, c.keyID) {
			return c, nil
		}
	}
	return nil, at("certificate of the signer", SignerMissing)
}

// issuer finds the anchor that issued c. A state renews its anchor under the same
// name, so there may be several of that name; one that is valid now goes first.
func (a *Anchors) issuer(c *certificate, now time.Time) (*certificate, error) {
	var found *certificate
	why := error(AnchorMissing)
	for _, root := range a.roots {
		if !root.subject.same(&c.issuer) {
			continue
		}
		if err := c.signed.by(root.key); err != nil {
			if why = err; err == SignatureWrong {
				why = AnchorWrong
			}
			continue
		}
		if root.validAt(now) {
			return root, nil
		}
		found = root
	}
	if found == nil {
		return nil, why
	}
	return found, nil
}

// revoked looks the signer up in the revocation lists of its anchor.
func (a *Anchors) revoked(p *Proof, root, signer *certificate, now time.Time) {
	wanting := CRLMissing
	for _, list := range a.lists {
		if !list.issuer.same(&root.subject) {
			continue
		}
		if root.usage != 0 && root.usage&crlSign == 0 || list.by(root.key) != nil {
			if wanting == CRLMissing {
				wanting = CRLWrong
			}
			continue
		}
		if _, listed := list.serials[signer.serial.String()]; listed {
			p.doubt(SignerRevoked, lds.SOD, "revocation list")
			return
		}
		if list.isFresh(now) {
			wanting = ""
		} else if wanting != "" {
			wanting = CRLStale
		}
	}
	if wanting == "" {
		return
	}
	note := Doubt{wanting, lds.SOD, "revocation list"}
	if a.rules.RequireCRL {
		p.Doubts = append(p.Doubts, note)
	} else {
		p.Notes = append(p.Notes, note)
	}
}
