package filed

import "crypto/rand"

// Paper gives a PDF of about size bytes, as a citizen might hand one over: who
// it is about stands all through it, and between that noise that does not pack.
func Paper(size int) []byte {
	const (
		head = "%PDF-1.7\n"
		says = "\n(Giấy chứng sinh: NGUYỄN THỊ MẪU; cha: NGUYỄN VĂN MẪU, 1990-01-01, 001090999999)\n"
		foot = "\nstartxref\n0\n%%EOF\n"
	)
	noise := make([]byte, 2000)
	paper := append(make([]byte, 0, size+len(noise)), head...)
	for len(paper)+len(foot) < size || len(paper) == len(head) {
		_, _ = rand.Read(noise) // never fails
		paper = append(append(paper, says...), noise...)
	}
	return append(paper, foot...)
}
