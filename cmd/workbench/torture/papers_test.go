package torture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"motcua/kiosk/submission"
)

// paper is what a station tells of one attachment before it accepts the
// submission with it.
type paper struct {
	part   string // SHA-256 of the sealed bytes
	digest string // of what was handed over
}

// papers are those of each submission, by its id, in order.
type papers map[string][]paper

// hear notes a line that tells of a paper; false = it tells of something else.
func (p papers) hear(line string) bool {
	f := strings.Fields(line)
	if len(f) != 4 || f[0] != "part" {
		return false
	}
	p[f[1]] = append(p[f[1]], paper{f[2], f[3]})
	return true
}

// checkParts holds the parts on central's disk against what stations told: all
// parts of every submission in held lie there whole, byte for byte as they were
// sealed, and no others. It gives how many there are and their bytes.
func (o *office) checkParts(t *testing.T, held map[string]string, told papers) (n int, size int64) {
	t.Helper()
	there := map[string]map[string]bool{}
	files, err := filepath.Glob(filepath.Join(o.dir, "parts", "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		id, name := filepath.Base(filepath.Dir(path)), filepath.Base(path)
		sealed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:]) != name {
			t.Errorf("%s: a part of it at central is not whole: %s", id, name)
		}
		if held[id] == "" {
			t.Errorf("%s: central has a part of it and not itself", id)
		}
		if there[id] == nil {
			there[id] = map[string]bool{}
		}
		there[id][name] = true
		n, size = n+1, size+int64(len(sealed))
	}
	for _, id := range slices.Sorted(maps.Keys(held)) {
		for _, p := range told[id] {
			if !there[id][p.part] {
				t.Errorf("%s: central lacks its part %s", id, p.part)
			}
		}
		if len(there[id]) != len(told[id]) {
			t.Errorf("%s: central has %d parts, want %d", id, len(there[id]), len(told[id]))
		}
	}
	return n, size
}

// checkPapers reads every paper of the submissions ids as central's staff do,
// unsealed, and holds it against what was handed over.
func (o *office) checkPapers(t *testing.T, ids []string, told papers) {
	t.Helper()
	for _, id := range ids {
		for i, p := range told[id] {
			got, err := o.read(t, fmt.Sprintf("%s/submissions/%s/attachments/%d", o.page, id, i+1))
			if err != nil || submission.Digest(got) != p.digest {
				t.Errorf("%s: paper %d came as %d other bytes than were handed over, %v", id, i+1, len(got), err)
			}
		}
	}
}

func (o *office) read(t *testing.T, url string) ([]byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	rsp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("central's page says %s", rsp.Status)
	}
	return io.ReadAll(rsp.Body)
}
