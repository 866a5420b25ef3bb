package uplink

import (
	"strings"
	"unicode"

	"motcua/kiosk/contract"
	"motcua/kiosk/outbox"
)

// reasonOf says why a submission waits, in fixed words.
func reasonOf(c Cause) outbox.Reason {
	const itself = "sent again by itself"
	switch c {
	case NotCentral:
		return outbox.Reason{Code: string(c), Text: "somebody else than central answered", Owner: outbox.Technician,
			Next: "look for a log-in page of the network; " + itself}
	case NotEnrolled:
		return outbox.Reason{Code: string(c), Text: "central does not take this station's certificate", Owner: outbox.Technician,
			Next: "enrol the station again"}
	case Busy:
		return outbox.Reason{Code: string(c), Text: "central asks to come later", Next: itself}
	case OverQuota:
		return outbox.Reason{Code: string(c), Text: "central takes no more from this station today", Owner: outbox.CentralIT,
			Next: "look why the station sends so much, or raise its quota; " + itself}
	case NoRoom:
		return outbox.Reason{Code: string(c), Text: "central has no room for attachments", Owner: outbox.CentralIT, Next: "make room at central; " + itself}
	case Lacking:
		return outbox.Reason{Code: string(c), Text: "central lacks attachments of it", Next: "they are sent, then it is " + itself}
	case Faulty:
		return outbox.Reason{Code: string(c), Text: "central failed on it", Owner: outbox.CentralIT, Next: itself}
	}
	return outbox.Reason{Code: string(Unreachable), Text: "central was not reached", Next: itself}
}

// reasonFrom takes what is fixed out of a problem document: its code, title,
// owner and next step. The detail may tell of the one submission and is left
// out, and any long number in the rest with it: nothing that is kept in clear
// may name a person.
func reasonFrom(p *contract.Problem) outbox.Reason {
	r := outbox.Reason{Code: plain(p.Code, 64), Text: plain(p.Title, 200), Next: plain(p.Next, 300)}
	switch p.Owner {
	case contract.ProblemOwnerCitizen:
		r.Owner = outbox.Citizen
	case contract.ProblemOwnerStaff:
		r.Owner = outbox.Staff
	case contract.ProblemOwnerCentral:
		r.Owner = outbox.CentralIT
	default: // also "station": refused for good is nothing that it heals
		r.Owner = outbox.Technician
	}
	return r
}

// plain gives at most n runes of s, printable, with digits hidden where six or
// more stand together.
func plain(s string, n int) string {
	runes := []rune(s)
	runes = runes[:min(len(runes), n)]
	for i := 0; i < len(runes); {
		j := i
		for j < len(runes) && unicode.IsDigit(runes[j]) {
			j++
		}
		if j-i >= 6 {
			for k := i; k < j; k++ {
				runes[k] = '…'
			}
		}
		i = max(j, i+1)
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(runes))
}
