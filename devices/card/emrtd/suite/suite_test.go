package suite

import (
	"bytes"
	"encoding/hex"
	"testing"

	reference "github.com/aead/cmac"
	"pgregory.net/rapid"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The keys of 9303-11, appendices D and G, and of the invented Vietnamese zone.
func TestDerive(t *testing.T) {
	tests := []struct {
		name   string
		cipher Cipher
		use    Use
		secret string
		want   string
	}{
		{"D.1 encryption", TDES, ForEncryption, "239AB9CB282DAF66231DC5A4DF6BFBAE", "AB94FDECF2674FDFB9B391F85D7F76F2"},
		{"D.1 MAC", TDES, ForMAC, "239AB9CB282DAF66231DC5A4DF6BFBAE", "7962D9ECE03D1ACD4C76089DCE131543"},
		{"G.1 password", AES128, ForPassword, "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD", "89DED1B26624EC1E634C1989302849DD"},
		{"G.1 encryption", AES128, ForEncryption, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925", "F5F0E35C0D7161EE6724EE513A0D9A7F"},
		{"G.1 MAC", AES128, ForMAC, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925", "FE251C7858B356B24514B3BD5F4297D1"},
		{"Vietnamese encryption", TDES, ForEncryption, "CDABE30BA7A23710E4E8F59773304D06", "346157C18CD9A83D83F4618634C13BD6"},
		{"Vietnamese MAC", TDES, ForMAC, "CDABE30BA7A23710E4E8F59773304D06", "2F10130DF485F8F2D6CEEA9192DC796B"},
		{"Vietnamese CAN", AES128, ForPassword, "393939393939", "F794F36B1903A498E81111846AC8040E"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cipher.Derive(unhex(t, tt.secret), tt.use); !bytes.Equal(got, unhex(t, tt.want)) {
				t.Errorf("Derive = %X; want %s", got, tt.want)
			}
		})
	}
}

// The generic mapping and agreement of 9303-11, appendix G.1.
func TestMapping(t *testing.T) {
	curve, err := CurveByID(13)
	if err != nil {
		t.Fatal(err)
	}
	point := func(xy string) Point {
		t.Helper()
		p, err := curve.Decode(unhex(t, "04"+xy))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	check := func(what string, got Point, err error, want string) {
		t.Helper()
		if err != nil || !got.Equal(point(want)) {
			t.Errorf("%s = %X, %v; want %s", what, curve.Encode(got), err, want)
		}
	}
	first := unhex(t, "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99")
	public, err := curve.Mul(first, curve.Base())
	check("public key", public, err, "7ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D")
	shared, err := curve.Mul(first, point("824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"))
	check("H", shared, err, "60332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD50840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181")
	g, err := curve.Map(unhex(t, "3F00C4D39D153F2B2A214A078D899B22"), shared)
	check("generator", g, err, "8CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E28C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522")
	second := unhex(t, "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595")
	public, err = curve.Mul(second, g)
	check("second public key", public, err, "2DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462")
	x, err := curve.Shared(second, point("9E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"))
	if want := unhex(t, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925"); err != nil || !bytes.Equal(x, want) {
		t.Errorf("shared = %X, %v; want %X", x, err, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range Curves() {
		good := c.Encode(c.Base())
		if p, err := c.Decode(good); err != nil || !p.Equal(c.Base()) {
			t.Errorf("%v: the base point is refused: %v", c, err)
		}
		off, long := bytes.Clone(good), append(bytes.Clone(good), 0)
		off[len(off)-1] ^= 1
		infinity := make([]byte, len(good))
		infinity[0] = 4
		prime := bytes.Clone(good)
		c.Params().P.FillBytes(prime[1 : 1+c.Size()])
		for name, b := range map[string][]byte{"off the curve": off, "too long": long, "at infinity": infinity, "beyond the prime": prime, "compressed": good[:1+c.Size()], "empty": nil} {
			if _, err := c.Decode(b); err == nil {
				t.Errorf("%v: a point %s is taken", c, name)
			}
		}
	}
}

// Nonce · G = shared point: the formula for sums does not hold and must not be used.
func TestMapRefusesTwice(t *testing.T) {
	for _, c := range Curves() {
		nonce := []byte{7}
		x, y := c.ScalarBaseMult(nonce)
		if _, err := c.Map(nonce, Point{x, y}); err == nil {
			t.Errorf("%v: mapped to twice a point", c)
		}
	}
}

func TestScalarLeavesOutOfRange(t *testing.T) {
	c, err := CurveByID(12)
	if err != nil {
		t.Fatal(err)
	}
	source := append(bytes.Repeat([]byte{0xFF}, 32), make([]byte, 32)...)
	source = append(source, bytes.Repeat([]byte{1}, 32)...)
	k, err := c.Scalar(bytes.NewReader(source))
	if err != nil || !bytes.Equal(k, bytes.Repeat([]byte{1}, 32)) {
		t.Errorf("Scalar = %X, %v; want the third", k, err)
	}
	if _, err := c.Scalar(bytes.NewReader(source[:64])); err == nil {
		t.Error("Scalar took a number out of range")
	}
}

func TestChainsAndPadding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(Ciphers()).Draw(t, "cipher")
		b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "message")
		block, err := c.Block(c.Derive([]byte("x"), ForEncryption))
		if err != nil {
			t.Fatal(err)
		}
		iv := bytes.Repeat([]byte{3}, c.BlockSize())
		work := Pad(bytes.Clone(b), len(b), c.BlockSize())
		Encrypt(block, iv, work)
		Decrypt(block, iv, work)
		back, err := Unpad(work, c.BlockSize())
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("got %X, %v; want %X", back, err, b)
		}
	})
}

func FuzzUnpad(f *testing.F) {
	f.Add([]byte{1, 2, 0x80, 0}, 8)
	f.Add([]byte{}, 16)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		block := 8 << (n & 1)
		out, err := Unpad(b, block)
		if err == nil && (len(b)-len(out) > block || b[len(out)] != 0x80) {
			t.Errorf("Unpad(%X) took %d bytes", b, len(b)-len(out))
		}
	})
}

func FuzzDecode(f *testing.F) {
	for i, c := range Curves() {
		f.Add(i, c.Encode(c.Base()))
	}
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		c := Curves()[uint(i)%uint(len(Curves()))]
		if p, err := c.Decode(b); err == nil && !bytes.Equal(c.Encode(p), b) {
			t.Errorf("%v: %X does not come back", c, b)
		}
	})
}

// What secure messaging does for each APDU makes no garbage.
func TestNoGarbage(t *testing.T) {
	for _, c := range Ciphers() {
		key := c.Derive([]byte("x"), ForMAC)
		mac, err := c.MAC(key)
		if err != nil {
			t.Fatal(err)
		}
		block, err := c.Block(key)
		if err != nil {
			t.Fatal(err)
		}
		iv, b := make([]byte, c.BlockSize()), make([]byte, 256)
		if n := testing.AllocsPerRun(100, func() {
			mac.Reset()
			_, _ = mac.Write(b)
			_ = mac.Code()
			Encrypt(block, iv, b)
			Decrypt(block, iv, b)
		}); n != 0 {
			t.Errorf("%v: %v allocations", c, n)
		}
	}
}

// CMAC is held against another's, in pieces of any size.
func TestCMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]Cipher{AES128, AES192, AES256}).Draw(t, "cipher")
		key := c.Derive(rapid.SliceOf(rapid.Byte()).Draw(t, "secret"), ForMAC)
		message := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "message")
		cut := rapid.IntRange(0, len(message)).Draw(t, "cut")
		block, err := c.Block(key)
		if err != nil {
			t.Fatal(err)
		}
		want, err := reference.Sum(message, block, 8)
		if err != nil {
			t.Fatal(err)
		}
		mac, err := c.MAC(key)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = mac.Write([]byte("the message before"))
		mac.Reset()
		_, _ = mac.Write(message[:cut])
		_, _ = mac.Write(message[cut:])
		if got := mac.Code(); !bytes.Equal(got[:], want) {
			t.Fatalf("code of %X = %X; want %X", message, got, want)
		}
	})
}

// The examples of RFC 4493, section 4, cut to 8 bytes.
func TestCMACExamples(t *testing.T) {
	key := unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C")
	for _, tt := range [][2]string{
		{"", "BB1D6929E9593728"},
		{"6BC1BEE22E409F96E93D7E117393172A", "070A16B46B4D4144"},
		{"6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411", "DFA66747DE9AE630"},
	} {
		mac, err := AES128.MAC(key)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = mac.Write(unhex(t, tt[0]))
		if got := mac.Code(); !bytes.Equal(got[:], unhex(t, tt[1])) {
			t.Errorf("code of %s = %X; want %s", tt[0], got, tt[1])
		}
	}
}

// A nonce of zeros would leave the generator to who sent the shared point.
func TestMapRefusesZero(t *testing.T) {
	for _, c := range Curves() {
		if _, err := c.Map(make([]byte, 16), c.Base()); err == nil {
			t.Errorf("%v: mapped by nothing", c)
		}
	}
}
