package station

import (
	"context"
	"errors"
	"strings"
	"time"

	"motcua/kiosk/attachment"
	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
	"motcua/kiosk/pack"
	"motcua/kiosk/submission"
	"motcua/kiosk/visit"
)

const (
	// storeTime is the longest that making a submission durable may take.
	storeTime = 10 * time.Second
	// confirmTime is how long a citizen waits for central before the receipt
	// says "stored here"; the bar from consent to receipt is one second.
	confirmTime = 700 * time.Millisecond
)

// submit seals a draft and makes it durable, then tells the visit. The uplink
// is woken by the outbox itself; what central says comes as an event.
func (s *Station) submit(ctx context.Context, id, secret string, d visit.Draft, tray *attachment.Tray) {
	began := s.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	s.owe(id)
	if err := s.store(ctx, id, secret, d, tray, began); err != nil {
		full := errors.Is(err, outbox.ErrFull)
		s.mend("outbox-full", "", !full, nil)
		s.mend("outbox-broken", "", full, err)
		s.Log.Error("submission not stored", "id", id, "err", err)
		s.Post(visit.NotStored{Full: full})
		return
	}
	s.mend("outbox-full", "", true, nil)
	s.mend("outbox-broken", "", true, nil)
	s.Log.Info("submission stored", "id", id, "procedure", d.Procedure.Code, "took", s.Now().Sub(began).String())
	s.Post(visit.Stored{ID: id, Claim: submission.Claim(s.Name, id), Secret: secret, LookUp: s.lookUpCode(id, secret)})
	time.AfterFunc(confirmTime, func() { s.Post(visit.Unsent{ID: id}) })
}

func (s *Station) store(ctx context.Context, id, secret string, d visit.Draft, tray *attachment.Tray, at time.Time) error {
	if _, err := s.Outbox.Show(ctx, id); err == nil {
		return nil // an earlier try of this visit was stored after all
	}
	doc := s.document(id, secret, d, at)
	attached, parts, err := attach(d.Attachments, tray)
	if err != nil {
		return err
	}
	doc.Attachments = attached
	sealed, digest, err := submission.Seal(doc, s.Key, s.To)
	if err != nil {
		return err
	}
	return s.Outbox.Put(ctx, outbox.Item{ID: id, Claim: submission.Claim(s.Name, id), Procedure: d.Procedure.Code,
		SecretHash: outbox.HashSecret(id, secret), Created: at, Sealed: sealed, Digest: digest, Parts: parts})
}

// lookUpCode is what the receipt's QR says: the province's public page where it
// has one, else our own form.
func (s *Station) lookUpCode(id, secret string) string {
	if s.Pack.LookUp == "" {
		return "MOTCUA1:" + id + ":" + secret
	}
	return strings.NewReplacer("{id}", id, "{secret}", secret).Replace(s.Pack.LookUp)
}

// document is the submission as central will read it. The rules of the
// reception day travel inside.
func (s *Station) document(id, secret string, d visit.Draft, at time.Time) submission.Document {
	doc := submission.Document{
		Version: submission.Version, ID: id, Station: s.Name, Unit: s.Unit.Code, CreatedAt: at, Channel: contract.ChannelOnline,
		Procedure: contract.ProcedureName{Code: d.Procedure.Code, Title: d.Procedure.Title.VI},
		Applicant: submission.Applicant(d.Person),
		Consent: contract.ConsentGiven{Version: d.Consent, GivenAt: d.AgreedAt, Lang: contract.Lang(d.Lang),
			Digest: submission.Digest([]byte(s.Pack.Consent.Full.In(d.Lang)))},
		Pack:   contract.PackVersion{ID: s.Pack.ID, Version: s.Pack.Version},
		Secret: secret, DuePromised: d.Due, Lang: contract.Lang(d.Lang),
	}
	answers := map[string]string{}
	for _, a := range d.Answers {
		doc.Answers = append(doc.Answers, contract.Answer{ID: a.ID, Label: a.Label, Value: a.Value, Shown: a.Shown})
		answers[a.ID] = a.Value
	}
	doc.Fee = fee(d.Procedure, at, answers)
	for _, r := range d.Procedure.RulesAt(at) {
		kind, _, _ := strings.Cut(r.Kind, ":") // "fee:online:copies" is a fee
		rule := contract.AppliedRule{Kind: contract.AppliedRuleKind(kind), From: r.From.Format(time.DateOnly),
			Source: r.Source, Verified: r.Verified}
		if !r.To.IsZero() {
			rule.To = r.To.Format(time.DateOnly)
		}
		doc.Rules = append(doc.Rules, rule)
	}
	return doc
}

// fee is what is to be paid: online as far as it can be filed so, else at the
// counter.
func fee(p *pack.Procedure, at time.Time, answers map[string]string) int64 {
	if sum, ok := p.Price(at, pack.Online, answers); ok {
		return sum
	}
	sum, _ := p.Price(at, pack.Counter, answers)
	return sum
}
