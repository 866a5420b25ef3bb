package cccd_test

import (
	"testing"

	"motcua/devices/card/cccd"
	"motcua/devices/redacttest"
)

func TestRedacted(t *testing.T) {
	c, _ := mau(t)
	q := cccd.QR{Number: "001090999999", Name: "Nguyễn Văn Mẫu"}
	can, err := cccd.CAN(q.Number)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{c, &c, q, &q, c.Number, c.Name, &c.Residence, can} {
		redacttest.Check(t, v, "001090999999", "999999", "Mẫu", "1990", "3939393939", "Kinh")
	}
}
