package filed

import (
	"bytes"
	"io"
	"testing"

	"motcua/kiosk/attachment"
)

// A paper is one that a station takes, as large as was asked for, and never the
// same twice.
func TestPaper(t *testing.T) {
	for _, size := range []int{1, 20_000, 200_000} {
		p := Paper(size)
		c, err := attachment.Copy(io.Discard, bytes.NewReader(p), attachment.MaxSize)
		if err != nil || c.Media != attachment.PDF {
			t.Errorf("a paper of %d bytes: %+v, %v", size, c, err)
		}
		if len(p) < size || len(p) > size+2200 {
			t.Errorf("a paper of %d bytes has %d", size, len(p))
		}
		if bytes.Equal(p, Paper(size)) {
			t.Errorf("two papers of %d bytes are the same", size)
		}
	}
}
