package desk

import (
	"encoding/hex"
	"fmt"
	"time"
)

// Card is something that can be held under the scanner. The people are invented.
type Card struct {
	ID    string `json:"id"`
	Title string `json:"title"` // what it is, for the person at the desk
	Text  string `json:"text"`  // what its code says
}

// Cards gives the cards in the drawer. They are made for the day now, so that
// those that are good stay so and the expired one is.
func Cards(now time.Time) []Card {
	const address = "Số 1 Phố Mẫu, Phường Cửa Nam, Hà Nội"
	born := func(age int) time.Time { return time.Date(now.Year()-age, time.January, 31, 0, 0, 0, 0, time.UTC) }
	issued := func(ago int) string {
		return time.Date(now.Year()-ago, time.April, 15, 0, 0, 0, 0, time.UTC).Format(ddmmyyyy)
	}
	// A card made at 31 holds to 40, one made at 37 does too: good at 36, expired at 45.
	seven := fmt.Sprintf("%s|%s|Nguyễn Văn Mẫu|%s|Nam|%s|%s", number(born(36), 0), "012345678", born(36).Format(ddmmyyyy), address, issued(5))
	noOld := fmt.Sprintf("%s||Trần Thị Ví Dụ|%s|Nữ|%s|%s", number(born(30), 1), born(30).Format(ddmmyyyy), address, issued(4))
	eleven := fmt.Sprintf("%s||Lê Văn Thử|%s|Nam|%s|%s||||", number(born(33), 0), born(33).Format(ddmmyyyy), address, issued(2))
	twelve := fmt.Sprintf("%s||Phạm Thị Mẫu|%s|Nữ|%s|%s||Phạm Văn Cha|Ngô Thị Mẹ||", number(born(27), 1), born(27).Format(ddmmyyyy), address, issued(1))
	stranger := fmt.Sprintf("%s||Đỗ Thị Lạ|%s|Nữ|%s|%s||||", number(born(29), 1)[:6]+"999998", born(29).Format(ddmmyyyy), address, issued(2))
	expired := fmt.Sprintf("%s||Hoàng Văn Cũ|%s|Nam|%s|%s", number(born(45), 0), born(45).Format(ddmmyyyy), address, issued(8))
	return []Card{
		{"card-7", "ID card of 2021, 7 fields", seven},
		{"card-7-no-old", "ID card without an old number", noOld},
		{"card-11", "ID card of 2024, 11 fields", eleven},
		{"card-12", "ID card with parents, 12 fields", twelve},
		{"card-stranger", "ID card of somebody else, of 2024", stranger},
		{"card-expired", "ID card that has expired", expired},
		{"bhyt", "Health insurance card", "DN4010012345678|" + hex.EncodeToString([]byte("Nguyễn Văn Mẫu")) + "|31/01/1990|1|" +
			hex.EncodeToString([]byte(address)) + "|01 - 001|01/01/2026|-|01/01/2026|01001234567890|-|4|01/01/2031|15e8d0f1a2b3c4d5-7102|$"},
		{"vietqr", "VietQR payment code", "00020101021138540010A00000072701240006970436011012345678900208QRIBFTTA53037045802VN6304B2C1"},
		{"vneid", "VNeID app code", "eyJhbGciOiJub25lIn0.eyJzZXNzaW9uIjoibeG6q3UifQ."},
		{"web", "Web address", "https://dichvucong.gov.vn/"},
	}
}

const ddmmyyyy = "02012006"

// number makes the personal number of an invented person: registered in Hà
// Nội, sex and century, birth year, six digits that mark all of ours.
func number(born time.Time, female int) string {
	century := (born.Year()/100 - 19) * 2
	return fmt.Sprintf("001%d%02d999999", century+female, born.Year()%100)
}

// CardByID finds a card in the drawer.
func CardByID(now time.Time, id string) (Card, bool) {
	for _, c := range Cards(now) {
		if c.ID == id {
			return c, true
		}
	}
	return Card{}, false
}
