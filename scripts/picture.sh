#!/usr/bin/env bash
# Makes the README's picture from what "make demo" left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
shots=out/demo
pick() { ls "$shots"/*-"$1".png | "${2:-head}" -n 1; }
montage "$(pick attract)" "$(pick identify)" "$(pick question-c_name)" "$(pick review)" "$(pick done)" \
	-tile 5x1 -geometry 300x533+8+8 -background '#d8d2c6' /tmp/screens.$$.png
convert /tmp/screens.$$.png \( "$shots/receipt.png" -trim +repage -bordercolor white -border 18 -resize x533 \
	-background '#d8d2c6' -gravity center -extent x549 -bordercolor '#d8d2c6' -border 8x0 \) \
	-background '#d8d2c6' -gravity center +append -strip -colors 160 PNG8:kiosk/screen/testdata/screens.png
rm -f /tmp/screens.$$.png
