package emrtd

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"testing"

	"motcua/devices/card"
	"motcua/devices/card/emrtd/suite"
	"motcua/devices/card/lds"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// script is a card that expects fixed bytes and answers with fixed bytes.
type script struct {
	t     testing.TB
	lines [][2]string
	at    int
}

func (s *script) Exchange(_ context.Context, b []byte) ([]byte, error) {
	s.t.Helper()
	if s.at == len(s.lines) {
		s.t.Fatalf("command %X after the end", b)
	}
	line := s.lines[s.at]
	s.at++
	if !bytes.Equal(b, unhex(s.t, line[0])) {
		s.t.Fatalf("command %d\n got %X\nwant %s", s.at, b, line[0])
	}
	return unhex(s.t, line[1]), nil
}

func (s *script) Reset(context.Context) error { return nil }

func (s *script) Link() card.Link { return card.Link{MaxAnswer: 256} }
func (s *script) Close() error    { return nil }

func (s *script) chip(random string) *Chip {
	return newChip(s, Options{Random: bytes.NewReader(unhex(s.t, random))})
}

func (s *script) done() {
	s.t.Helper()
	if s.at != len(s.lines) {
		s.t.Errorf("%d of %d commands were sent", s.at, len(s.lines))
	}
}

func mrz(t testing.TB, number string, born, expires lds.Day) *Password {
	t.Helper()
	p, err := NewMRZ(lds.MRZKey(number, born, expires))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAppendixD is the worked example of 9303-11, appendix D, byte for byte: BAC,
// then EF.COM selected and read by secure messaging.
func TestAppendixD(t *testing.T) {
	s := &script{t: t, lines: [][2]string{
		{"0084000008", "4608F919887022129000"},
		{"0082000028" + "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2" + "5F1448EEA8AD90A7" + "28",
			"46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000"},
		{"0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000"},
		{"0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"},
		{"0CB000040D9701128E082EA28A70F3C7B53500", "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000"},
	}}
	c := s.chip("781723860C06C226" + "0B795240CB7049B01C19B33E32804F0B")
	if err := c.bac(t.Context(), mrz(t, "L898902C", "690806", "940623")); err != nil {
		t.Fatal(err)
	}
	if err := c.selectFile(t.Context(), lds.COM); err != nil {
		t.Fatal(err)
	}
	var file []byte
	for _, n := range []int{4, 18} {
		b, status, err := c.readAt(t.Context(), "read EF.COM", len(file), n)
		if err != nil || status != statusOK {
			t.Fatalf("read = %04X, %v", status, err)
		}
		file = append(file, b...)
	}
	if want := unhex(t, "60145F0104303130365F36063034303030305C026175"); !bytes.Equal(file, want) {
		t.Errorf("EF.COM = %X; want %X", file, want)
	}
	s.done()
}

// TestAppendixG is the worked example of 9303-11, appendix G.1, byte for byte.
func TestAppendixG(t *testing.T) {
	s := &script{t: t, lines: [][2]string{
		{"0022C1A412800A04007F0007020204020283010184010D", "9000"},
		{"10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"},
		{"10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00",
			"7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000"},
		{"10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200",
			"7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000"},
		{"008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"},
	}}
	c := s.chip("7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99" +
		"A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595")
	said, err := lds.ReadCardAccess(unhex(t, "31143012060A04007F0007020204020202010202010D"))
	if err != nil {
		t.Fatal(err)
	}
	choices := paceChoices(said)
	if len(choices) != 1 {
		t.Fatalf("paceChoices = %v; want one", choices)
	}
	if err := c.pace(t.Context(), choices[0], mrz(t, "T22000129", "640812", "101031")); err != nil {
		t.Fatal(err)
	}
	s.done()
	if !bytes.Equal(c.sm.count(), make([]byte, 16)) {
		t.Errorf("the counter begins at %X; want zero", c.sm.count())
	}
}

// The passwords' secrets: 9303-11, appendices D.2 and G.1, and the invented
// Vietnamese zone IDVNM0909999995001090999999<<6 9001310M3001318VNM<<<<<<<<<<<2.
func TestPasswords(t *testing.T) {
	tests := []struct {
		name, number  string
		born, expires lds.Day
		want          string
	}{
		{"appendix D", "L898902C<", "690806", "940623", "239AB9CB282DAF66231DC5A4DF6BFBAE"},
		{"appendix G", "T22000129", "640812", "101031", "7E2D2A41C74EA0B38CD36F863939BFA8"},
		{"Vietnamese", "090999999", "900131", "300131", "CDABE30BA7A23710E4E8F59773304D06"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if p := mrz(t, tt.number, tt.born, tt.expires); !bytes.Equal(p.seed, unhex(t, tt.want)) {
				t.Errorf("seed = %X; want %s", p.seed, tt.want)
			}
		})
	}
	// A document number of more than nine characters counts whole (appendix D.2).
	want := sha1.Sum([]byte("D23145890734934071279507122"))
	if long := mrz(t, "D23145890734", "340712", "950712"); !bytes.Equal(long.secret, want[:]) {
		t.Errorf("long number: %X; want %X", long.secret, want)
	}
}

// A chip that takes the password without knowing it is found out, by PACE and by
// BAC; so is one that sends our own key back.
func TestChipMustProve(t *testing.T) {
	choice := paceChoice{suite.AES128, curve13(t)}
	const random = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99" + "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"
	lines := func() [][2]string {
		return [][2]string{
			{"0022C1A412800A04007F0007020204020283010184010D", "9000"},
			{"10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"},
			{"10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00",
				"7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000"},
			{"10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200",
				"7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000"},
			{"008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C099000"}, // last bit of the token
		}
	}
	s := &script{t: t, lines: lines()}
	c := s.chip(random)
	if err := c.pace(t.Context(), choice, mrz(t, "T22000129", "640812", "101031")); !errors.Is(err, ErrProof) || c.sm != nil {
		t.Errorf("pace with a wrong token = %v; want ErrProof and no line", err)
	}
	s.done()

	s = &script{t: t, lines: lines()[:3]}
	s.lines[2][1] = "7C438241" + s.lines[2][0][18:len(s.lines[2][0])-2] + "9000"
	if err := s.chip(random).pace(t.Context(), choice, mrz(t, "T22000129", "640812", "101031")); !errors.Is(err, ErrMalformed) {
		t.Errorf("pace with our own key sent back = %v; want ErrMalformed", err)
	}
	s.done()

	const answer = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"
	for name, tt := range map[string]struct {
		random, command, answer string
		want                    error
	}{
		"other code": {"781723860C06C226" + "0B795240CB7049B01C19B33E32804F0B",
			"72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7", answer[:78] + "48", ErrWrongCode},
		"short": {"781723860C06C226" + "0B795240CB7049B01C19B33E32804F0B",
			"72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7", answer[:78], ErrMalformed},
		// The same answer, to another challenge of ours.
		"replayed": {"881723860C06C226" + "0B795240CB7049B01C19B33E32804F0B", "", answer, ErrReplay},
	} {
		b, err := newBAC(mrz(t, "L898902C", "690806", "940623"), unhex(t, "4608F91988702212"), bytes.NewReader(unhex(t, tt.random)))
		if err != nil {
			t.Fatal(err)
		}
		if tt.command != "" && !bytes.Equal(b.command, unhex(t, tt.command)) {
			t.Errorf("%s: command %X", name, b.command)
		}
		if _, err := b.finish(unhex(t, tt.answer)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v; want %v", name, err, tt.want)
		}
	}
}

func curve13(t testing.TB) suite.Curve {
	t.Helper()
	c, err := suite.CurveByID(13)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
