package picturetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

var (
	family = strings.Fields("Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ")
	middle = strings.Fields("Văn Thị Hữu Đức Ngọc Thanh Minh Quốc Thuỳ Khánh")
	given  = strings.Fields("Mẫu Thử Nghiệm Giả Định Tượng Trưng Ví Dụ Kiểm")
	street = strings.Fields("Mẫu Thử Nghiệm Giả Định Tưởng Tượng Trưng Bày")
)

// Person gives the text of an invented person's card: 7 fields as on cards of
// 2021, or 11 as on those of 2024.
func Person(r *rand.Rand) string {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	name := pick(family) + " " + pick(middle) + " " + pick(given)
	if r.IntN(3) == 0 {
		name += " " + pick(given)
	}
	sex := []string{"Nam", "Nữ"}[r.IntN(2)]
	old, rest := "", ""
	if r.IntN(2) == 0 {
		old = fmt.Sprintf("%09d", r.IntN(1e9))
	}
	issued := fmt.Sprintf("%02d%02d%d", 1+r.IntN(28), 1+r.IntN(12), 2021+r.IntN(5))
	if r.IntN(2) == 0 {
		rest = "||||"
	}
	place := fmt.Sprintf("Số %d Phố %s %s, Phường %s, Hà Nội", 1+r.IntN(300), pick(street), pick(street), pick(street))
	if r.IntN(3) == 0 {
		place = fmt.Sprintf("Tổ %d, Khu %d, ", 1+r.IntN(30), 1+r.IntN(9)) + place
	}
	return fmt.Sprintf("001%d%02d999%03d|%s|%s|%02d%02d%d|%s|%s|%s%s", r.IntN(4), r.IntN(100), r.IntN(1000),
		old, name, 1+r.IntN(28), 1+r.IntN(12), 1950+r.IntN(60), sex, place, issued, rest)
}
