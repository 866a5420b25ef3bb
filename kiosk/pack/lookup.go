package pack

import (
	"regexp"
	"strings"
)

// ReadLookUp takes id and secret out of a scanned code that was made from the
// pack's LookUp template; ok is false for any other code.
func (p *Pack) ReadLookUp(code string) (id, secret string, ok bool) {
	if p.LookUp == "" {
		return "", "", false
	}
	form := regexp.QuoteMeta(p.LookUp)
	form = strings.Replace(form, regexp.QuoteMeta("{id}"), `(?P<id>[0-9a-f-]{36})`, 1)
	form = strings.Replace(form, regexp.QuoteMeta("{secret}"), `(?P<secret>[0-9A-Z]{4})`, 1)
	re, err := regexp.Compile("^" + form + "$")
	if err != nil {
		return "", "", false
	}
	m := re.FindStringSubmatch(code)
	if m == nil || re.NumSubexp() != 2 {
		return "", "", false
	}
	return m[re.SubexpIndex("id")], m[re.SubexpIndex("secret")], true
}
