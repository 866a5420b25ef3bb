package stick

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
)

// ErrNone: no stick is mounted.
var ErrNone = errors.New("no USB stick is there")

// Where sticks are mounted, and what they are formatted with.
var (
	mountedBelow = []string{"/media/", "/run/media/"}
	formats      = []string{"vfat", "exfat", "ntfs3", "fuseblk", "ext4"}
)

// Find gives where a USB stick is mounted that can be written to: the first file
// system below /media or /run/media, where Debian's automounters put them. It
// fails with ErrNone.
func Find() (dir string, err error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return find(f)
}

// find reads mountinfo (proc_pid_mountinfo(5)): id, parent, device, root, where,
// options, optional fields, a hyphen, format, source, options of the file system.
func find(mountinfo io.Reader) (string, error) {
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		head, tail, ok := strings.Cut(lines.Text(), " - ")
		of, how := strings.Fields(head), strings.Fields(tail)
		if !ok || len(of) < 6 || len(how) < 3 {
			continue
		}
		where := unescape.Replace(of[4])
		below := slices.ContainsFunc(mountedBelow, func(d string) bool { return strings.HasPrefix(where, d) })
		if below && slices.Contains(formats, how[0]) && writable(of[5]) && writable(how[2]) {
			return where, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", ErrNone
}

func writable(options string) bool { return slices.Contains(strings.Split(options, ","), "rw") }

// unescape puts back what the kernel writes in octal.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
