package trust

// Reason is why a proof went no further. It is an error, so that errors.Is finds
// it; its text names the step and never what the card said.
type Reason string

// The reasons. Those that begin a group say whose part is wanting.
const (
	NothingRead Reason = "nothing-read" // no data group was read
	SODMissing  Reason = "sod-missing"  // EF.SOD was not read
	SODGarbled  Reason = "sod-garbled"  // EF.SOD, or a certificate in it, is not understood

	DigestSHA1       Reason = "digest-sha1"       // SHA-1 somewhere in the chain
	DigestUnknown    Reason = "digest-unknown"    // a digest other than SHA-256, 384 and 512
	SignatureUnknown Reason = "signature-unknown" // neither RSA, RSA-PSS nor ECDSA, or an unknown curve
	KeyShort         Reason = "key-short"         // an RSA key of less than 2048 bits

	ContentAltered Reason = "content-altered" // the hashes in the SOD are not those that were signed
	SignatureWrong Reason = "signature-wrong" // the signer's key did not make the signature

	SignerMissing   Reason = "signer-missing"   // the SOD holds no certificate of its signer
	SignerEarly     Reason = "signer-early"     // the signer's certificate is not valid yet
	SignerExpired   Reason = "signer-expired"   // the signer's certificate has expired
	SignerRevoked   Reason = "signer-revoked"   // the state took the signer's certificate back
	SignerUsage     Reason = "signer-usage"     // the signer's certificate is not for signing documents
	SignerExtension Reason = "signer-extension" // the signer's certificate makes a demand that is not understood

	AnchorMissing Reason = "anchor-missing" // no anchor has the name of the signer's issuer
	AnchorForeign Reason = "anchor-foreign" // the anchor belongs to another state
	AnchorWrong   Reason = "anchor-wrong"   // the anchor of that name did not issue the certificate
	AnchorEarly   Reason = "anchor-early"   // the anchor is not valid yet
	AnchorExpired Reason = "anchor-expired" // the anchor has expired

	CRLMissing Reason = "crl-missing" // no revocation list of the anchor
	CRLWrong   Reason = "crl-wrong"   // a revocation list that the anchor did not sign
	CRLStale   Reason = "crl-stale"   // the revocation list should have been renewed

	GroupAltered   Reason = "group-altered"   // a data group is not the one that was signed
	GroupUncovered Reason = "group-uncovered" // a data group was read that the SOD has no hash for
	GroupMissing   Reason = "group-missing"   // the chip does not give a data group that was signed

	ChipNotAsked     Reason = "chip-not-asked"     // the chip was not asked to prove itself
	ChipNotAble      Reason = "chip-not-able"      // the chip has no key to prove itself by
	ChipKeyMissing   Reason = "chip-key-missing"   // the state signed a key that the chip does not give, as of a copy
	ChipUnfinished   Reason = "chip-unfinished"    // the card was lifted or fell silent meanwhile
	ChipFailed       Reason = "chip-failed"        // the chip does not have the key of its data group
	ChipKeyUncovered Reason = "chip-key-uncovered" // the chip's key is not one that the SOD covers

	AccessWeaker Reason = "access-weaker" // the chip was opened by BAC though it offers PACE
)

var reasons = map[Reason]struct {
	text        string
	contradicts bool
}{
	NothingRead:      {"no data group was read", false},
	SODMissing:       {"file was not read", false},
	SODGarbled:       {"file not understood", false},
	DigestSHA1:       {"SHA-1 is not accepted", false},
	DigestUnknown:    {"digest not accepted", false},
	SignatureUnknown: {"kind of signature not known", false},
	KeyShort:         {"signing key too short", false},
	ContentAltered:   {"signed hashes were altered", true},
	SignatureWrong:   {"signature does not hold", true},
	SignerMissing:    {"certificate of the signer is missing", false},
	SignerEarly:      {"certificate of the signer is not valid yet", false},
	SignerExpired:    {"certificate of the signer has expired", false},
	SignerRevoked:    {"certificate of the signer was revoked", true},
	SignerUsage:      {"certificate of the signer is not for signing documents", true},
	SignerExtension:  {"certificate of the signer makes an unknown demand", false},
	AnchorMissing:    {"no trust anchor of the issuer", false},
	AnchorForeign:    {"trust anchor of another state", true},
	AnchorWrong:      {"certificate of the signer was not issued by the trust anchor", true},
	AnchorEarly:      {"trust anchor is not valid yet", false},
	AnchorExpired:    {"trust anchor has expired", false},
	CRLMissing:       {"no revocation list of the trust anchor", false},
	CRLWrong:         {"revocation list not signed by the trust anchor", false},
	CRLStale:         {"revocation list is out of date", false},
	GroupAltered:     {"not the data group that was signed", true},
	GroupUncovered:   {"no signed hash for this data group", true},
	GroupMissing:     {"the chip does not give a data group that was signed", false},
	ChipNotAsked:     {"chip was not asked to prove itself", false},
	ChipNotAble:      {"chip has no key to prove itself by", false},
	ChipKeyMissing:   {"chip does not give the key that was signed", false},
	ChipUnfinished:   {"chip did not finish proving itself", false},
	ChipFailed:       {"chip does not have the key it should", true},
	ChipKeyUncovered: {"chip proved itself by a key that is not signed", true},
	AccessWeaker:     {"chip offers PACE and was opened by BAC", false},
}

// Reasons lists all reasons, in no order.
func Reasons() []Reason {
	all := make([]Reason, 0, len(reasons))
	for r := range reasons {
		all = append(all, r)
	}
	return all
}

// Error says the reason in words.
func (r Reason) Error() string { return reasons[r].text }

// Contradicts says whether no good card gives this reason. It is false for what
// is merely wanting: an anchor not yet installed, a list out of date.
func (r Reason) Contradicts() bool { return reasons[r].contradicts }
