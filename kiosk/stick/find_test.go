package stick

import (
	"errors"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	const disk = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n36 22 0:30 / /media/cache rw,nosuid - tmpfs tmpfs rw,size=10k\n"
	for _, c := range []struct{ name, mounts, want string }{
		{"none", disk, ""},
		{"nothing", "", ""},
		{"a stick", disk + "90 22 8:17 / /media/usb0 rw,nosuid,nodev shared:9 master:2 - vfat /dev/sdb1 rw,uid=1000\n", "/media/usb0"},
		{"with a blank in its name", disk + `90 22 8:17 / /run/media/kiosk/USB\040DISK rw - exfat /dev/sdb1 rw` + "\n", "/run/media/kiosk/USB DISK"},
		{"write-protected", disk + "90 22 8:17 / /media/usb0 ro,nosuid - vfat /dev/sdb1 ro\n", ""},
		{"turned read-only by the kernel", disk + "90 22 8:17 / /media/usb0 rw,nosuid - vfat /dev/sdb1 ro,errors=remount-ro\n", ""},
		{"elsewhere", disk + "90 22 8:17 / /mnt rw - vfat /dev/sdb1 rw\n", ""},
		{"a line cut short", "90 22 8:17 / /media/usb0\n90 - vfat\n", ""},
	} {
		got, err := find(strings.NewReader(c.mounts))
		if got != c.want || c.want == "" && !errors.Is(err, ErrNone) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("90 22 8:17 / /media/usb0 rw,nosuid shared:9 - vfat /dev/sdb1 rw\n")
	f.Add("- - -\n")
	f.Fuzz(func(t *testing.T, mounts string) {
		dir, err := find(strings.NewReader(mounts))
		if err == nil && !strings.HasPrefix(dir, "/media/") && !strings.HasPrefix(dir, "/run/media/") {
			t.Errorf("found %q", dir)
		}
	})
}
