package handover

import (
	"flag"
	"os/exec"
	"path/filepath"
	"testing"
)

var pictures = flag.String("pictures", "", "folder to draw the page into, as a phone of 390 by 844 shows it; needs chromium")

// TestPictures draws the page for the eye:
//
//	go test ./kiosk/handover -run TestPictures -pictures /tmp/phone
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("no -pictures folder given")
	}
	b := begin(t)
	draw := func(name, url string) {
		t.Helper()
		out, err := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--hide-scrollbars",
			"--window-size=390,844", "--force-device-scale-factor=2", "--user-data-dir="+t.TempDir(),
			"--screenshot="+filepath.Join(*pictures, name+".png"), url).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	draw("empty", b.at.URL)
	b.send(upload{"a.jpg", photo(t)}, upload{"b.pdf", scan(2_600_000)}, upload{"c.jpg", []byte("PK\x03\x04 no picture")})
	draw("received", b.at.URL)
	b.page.Close()
	draw("closed", b.at.URL)
}
