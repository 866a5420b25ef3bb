package cardsim

import (
	"encoding/hex"
	"math/rand/v2"

	"motcua/devices/card/lds"
)

// Specimen gives an invented holder and the files of his card as the state lays
// them on, but for EF.SOD, which nobody signed: DG2 is size bytes and holds no
// picture. The personal number is 001090999999.
func Specimen(size int) (Holder, map[lds.File][]byte) {
	zone := "IDVNM0909999995001090999999<<6" + "9001310M3001318VNM<<<<<<<<<<<2" + "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
	// The same person's DG13: numbers 1, 2, 3, 4 and 13.
	own, _ := hex.DecodeString("6D8185308182020101060628D31601000831753011020101130C30303130393039393939393930180201020C134E6775" +
		"79E1BB856E2056C4836E204DE1BAAB75300F020103130A33312F30312F3139393030080201040C034E616D302B02010D30260C114E677579E1BB85" +
		"6E2056C4836E204368610C115472E1BAA76E205468E1BB8B204DE1BAB9")
	noise := rand.New(rand.NewPCG(1, 2))
	face := make([]byte, size)
	for i := range face {
		face[i] = byte(noise.Uint32())
	}
	return Holder{CAN: "999999", MRZ: lds.MRZKey("090999999", "900131", "300131")}, map[lds.File][]byte{
		lds.COM:  lds.Append(nil, 0x60, []byte("\x5F\x01\x040107\x5F\x36\x06040000\x5C\x06\x61\x75\x63\x6D\x6E\x6F")),
		lds.SOD:  lds.Append(nil, 0x77, face[:min(size, 1800)]),
		lds.DG1:  lds.Append(nil, 0x61, lds.Append(nil, 0x5F1F, []byte(zone))),
		lds.DG2:  lds.Append(nil, 0x75, face),
		lds.DG3:  lds.Append(nil, 0x63, face[:min(size, 64)]),
		lds.DG13: own,
	}
}

// Secrets lists what of a specimen and its card must never show: number, name,
// parents, dates as they are written, and the passwords.
func Secrets() []string {
	return []string{
		"001090999999", "090999999", "999999", "900131", "31/01/1990", "300131",
		"NGUYEN", "Nguyễn", "Trần", "Mẫu", "MAU<",
	}
}
