package soundsim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Run is sound that was played without a break.
type Run struct {
	At   time.Time // when its first sample was played
	Rate int       // samples a second
	PCM  []int16   // mono
}

// Heard reads the recording of a [Sink], oldest run first. Nothing heard yet is
// no error. It may be called while the sink goes on.
func Heard(out string) ([]Run, error) {
	f, err := os.Open(out + timesName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type mark struct{ frame, at int64 }
	var marks []mark
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m mark
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &m.frame, &m.at); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", f.Name(), lines.Text(), err)
		}
		marks = append(marks, m)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	// Read after the times: each of them has its samples by now.
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	b = b[min(wavHeader, len(b)):]
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	var runs []Run
	for i, m := range marks {
		end := int64(len(pcm))
		if i+1 < len(marks) {
			end = marks[i+1].frame
		}
		if m.frame < 0 || m.frame > end || end > int64(len(pcm)) {
			return nil, fmt.Errorf("%s: run %d is not in the recording", out, i)
		}
		runs = append(runs, Run{At: time.Unix(0, m.at), Rate: wireRate, PCM: slices.Clone(pcm[m.frame:end])})
	}
	return runs, nil
}
