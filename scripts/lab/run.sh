#!/usr/bin/env bash
# Runs the drivers' lab tests on a real USB stack: scripts/lab/run.sh [test-regexp]
#
# In a guest (guest.sh) are the test binaries of the packages below, and the kernel's
# own gadget drivers stand for the units on the desk: plugged in, typed with and
# pulled out like metal ones, with hidapi, libusb, usbfs and usbhid between them and
# the driver.
#
# Prints a line for each test, and fails if one fails. Where the tools cannot be
# had it says so and ends well. The gadget drivers are little used, and a guest's
# kernel may die of them, which says nothing of our drivers: then the guest is booted
# again and goes on with the package that was interrupted, three times at most. A
# test that failed has failed, whatever comes after.
#
#   LAB_LOG=file   keep the whole of what the machine said
#   LAB_PACKAGES="./devices/port"   these packages only
#   LAB_LIMIT=1800  seconds until a machine that hangs is ended
#   LAB_REPLUG=1   unplug the card reader, too, which a loaded computer disturbs
#   LAB_CRASH=2    kill the guest's kernel in the first package, this many times
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lab/guest.sh lab

packages=(
	./devices/gadgetsim ./devices/hotplug ./devices/port
	./devices/barcode/hid ./devices/barcode/serial ./devices/barcode/camera
	./devices/receipt/escpos ./devices/card/pcsc ./devices/card/acr122s
	./devices/sound/oto ./kiosk/station
)
modules=(
	"dummy_hcd num=4" usb_f_hid usb_f_acm usb_f_printer # the units' side
	vivid "snd-aloop enable=1,1 id=Loopback,Spare pcm_substreams=1,1"
	xhci-pci hid-generic usbhid evdev cdc-acm usblp # the computer's
	virtio_pci virtio_console
)
# Played by QEMU: a CCID reader. Its slot, and QEMU's monitor, which unplugs it, are
# reached from inside by virtio ports: each socket has QEMU at both ends.
units=(
	-device qemu-xhci -device usb-ccid,id=reader
	-chardev "socket,id=slot,path=$work/slot,server=on,wait=off" -device ccid-card-passthru,chardev=slot
	-chardev "socket,id=monitor,path=$work/monitor,server=on,wait=off" -mon chardev=monitor
	-device virtio-serial
	-chardev "socket,id=card,path=$work/slot" -device virtserialport,chardev=card,name=card
	-chardev "socket,id=cable,path=$work/monitor" -device virtserialport,chardev=cable,name=cable
)
# Copied in where they are installed: the card daemon and its driver, and what the
# C library loads when a thread ends.
programs=(/usr/sbin/pcscd /usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Linux/libccid.so)
files=(/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist /lib/x86_64-linux-gnu/libgcc_s.so.1)
[ -z "${LAB_PACKAGES:-}" ] || read -ra packages <<<"$LAB_PACKAGES"
pattern=${1:-^TestLab}

guest_tools
guest_kernel
guest_modules "${modules[@]}"
for package in "${packages[@]#./}"; do
	mkdir -p "$root/tests/$(dirname "$package")"
	go test -c -o "$root/tests/$package.test" "./$package"
	guest_libraries "$root/tests/$package.test"
	echo "$package" >>"$root/tests/order"
done
for file in "${programs[@]}" "${files[@]}"; do
	[ -e "$file" ] || continue
	mkdir -p "$root$(dirname "$file")"
	cp -L "$file" "$root$file"
done
guest_libraries "${programs[@]}"
if [ -n "${LAB_REPLUG:-}" ] && udev=$(guest_package udev); then # it tells the daemon what is plugged in
	cp "$udev/bin/udevadm" "$root/bin/systemd-udevd"
	guest_libraries "$root/bin/systemd-udevd"
fi
printf 'root:x:0:0::/:/bin/sh\nkiosk:x:1000:1000::/:/bin/sh\n' >"$root/etc/passwd"
# The kernel hands $lab_from, the package to begin with, and $lab_crash to its init.
guest_init <<EOF
mkdir -p /run/pcscd /etc/reader.conf.d
mkdir /dev/pts && mount -t devpts devpts /dev/pts
mount -t configfs config /sys/kernel/config
while read -r package; do
	[ "\${lab_from:-\$package}" = \$package ] || continue
	lab_from=
	echo "lab: begin \$package"
	[ -z "\$lab_crash" ] || echo c >/proc/sysrq-trigger
	PATH=\$PATH:/usr/sbin MOTCUA_LAB=guest MOTCUA_REPLUG=${LAB_REPLUG:-} /tests/\$package.test -test.v -test.run '$pattern' -test.timeout 600s </dev/null
	echo "lab: end \$package status=\$?"
	killall pcscd systemd-udevd 2>/dev/null # if a test that died left them behind
done </tests/order
echo "lab: all done"
EOF

# died tells in one line what the kernel died of, from what the guest said.
died() {
	awk '
		/^=== (RUN|CONT|NAME) / { test = " (" $3 ")" }
		/^lab: begin / { package = $3; test = "" }
		{ line = $0; sub(/^\[ *[0-9.]+\] */, "", line) }
		!why && line ~ /list_(add|del) corruption|kernel BUG at|^BUG: |^Oops|general protection fault|Kernel panic/ { why = line }
		why && places < 5 && line ~ /^ *RIP: 0010:/ && !rip++ { sub(/^.*0010:/, "", line); at = " at " line; places++ }
		why && /Call Trace:/ { trace = 1; next }
		trace && /<\/TASK>|RIP:/ { trace = 0 }
		trace && places < 5 && line ~ /^ *[a-z_][^ ]*\+0x/ { sub(/^ */, "", line); at = at (at ? " <" : " in") " " line; places++ }
		END { print package test ": " (why ? why : "it ended without a word") at }
	' "$1"
}

log=$work/log
[ -z "${LAB_LOG:-}" ] || : >"$LAB_LOG"
began=$(date +%s)
limit=${LAB_LIMIT:-1800}
from= deaths=0 failed=
declare -A died_in
# Time inside goes by instructions, not by the clock on the wall: a busy computer
# makes no pauses, and waits take no time.
while [ -z "$failed" ]; do
	crash=
	[ "$deaths" -ge "${LAB_CRASH:-0}" ] || crash=yes
	ended=0
	left=$((limit - $(date +%s) + began))
	guest_boot "$log" "$((left > 0 ? left : 1))" "lab_from=$from lab_crash=$crash" \
		-icount shift=1,sleep=off -rtc clock=vm -m 512 "${units[@]}" || ended=$?
	[ -z "${LAB_LOG:-}" ] || cat "$log" >>"$LAB_LOG"
	cat "$log" >>"$work/all"
	sed -nE \
		-e 's/^--- (PASS|FAIL|SKIP): (\S+) \((.*)\)$/lab: \1 \2 \3/p' \
		-e 's/^ +--- (FAIL): (\S+) .*$/lab: \1 \2/p' \
		-e 's/^ +[a-z_]+_test\.go:[0-9]+: /lab:        /p' "$log"
	if grep -qE '^ *--- FAIL|^lab: end .* status=[^0]' "$log"; then
		failed=yes
	fi
	if grep -q '^lab: all done$' "$log"; then
		break
	fi
	from=$(sed -n 's/^lab: begin //p' "$log" | tail -1)
	if [ "$ended" -ne 0 ] || [ -z "$from" ]; then # ended from outside, or never up
		failed=yes
		break
	fi
	deaths=$((deaths + 1))
	died_in[$from]=$((${died_in[$from]:-0} + 1))
	say "the guest's kernel died in $(died "$log")"
	if [ "$deaths" -gt 3 ] || [ "${died_in[$from]}" -ge 3 ]; then
		failed=yes
	fi
done

if [ -n "$failed" ]; then
	say "the machine's last words:" >&2
	tail -40 "$log" >&2
	say "failed after $(($(date +%s) - began)) s" >&2
	exit 1
fi
if ! grep -q '^--- PASS' "$work/all"; then
	say "no test matches $pattern" >&2
	exit 1
fi
case $deaths in
0) say "passed in $(($(date +%s) - began)) s" ;;
*) say "passed in $(($(date +%s) - began)) s, the guest's kernel died $deaths times (of its own drivers; see above)" ;;
esac
