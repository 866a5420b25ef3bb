package pack_test

import (
	"testing"
	"time"

	"motcua/kiosk/pack"
)

// TestFileQuestion: a question for a file is never required, and nothing that is
// typed answers it.
func TestFileQuestion(t *testing.T) {
	p := hanoi(t)
	var asked int
	for _, proc := range p.Procedures {
		for _, q := range proc.Questions {
			if q.Kind != pack.KindFile {
				continue
			}
			asked++
			if q.Required || q.Prefill != "" {
				t.Errorf("%s %s must be answered", proc.Code, q.ID)
			}
			if _, ok := q.Check("", time.Now()); !ok {
				t.Errorf("%s %s cannot be passed over", proc.Code, q.ID)
			}
			if key, ok := q.Check("giay-chung-sinh.jpg", time.Now()); ok || key != "question.file" {
				t.Errorf("%s %s: a text answers it, %q", proc.Code, q.ID, key)
			}
		}
	}
	if asked == 0 {
		t.Error("no procedure asks for a file")
	}
}
