#!/usr/bin/env bash
# Runs the drivers' lab tests on a real USB stack: scripts/lab/run.sh [test-regexp]
#
# A virtual machine boots Debian's kernel with a few MB of user space around the
# test binaries of the packages below. Inside, the kernel's own gadget drivers
# stand for the units on the desk: plugged in, typed with and pulled out like
# metal ones, with hidapi, libusb, usbfs and usbhid between them and the driver.
# It needs no KVM and no hardware, and nothing is installed but the tools; the
# kernel is only unpacked, into ~/.cache/motcua-lab.
#
# Prints a line for each test, and fails if one fails. Where the tools cannot be
# had it says so and ends well.
#
#   LAB_LOG=file   keep the whole of what the machine said
#   LAB_PACKAGES="./devices/port"   these packages only
#   LAB_LIMIT=1800  seconds until a machine that hangs is ended
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(
	./devices/gadgetsim ./devices/hotplug ./devices/port
	./devices/barcode/hid ./devices/barcode/serial ./devices/barcode/camera
	./devices/receipt/escpos ./devices/card/pcsc ./devices/card/acr122s
	./devices/sound/oto ./kiosk/station
)
modules=(
	dummy_hcd usb_f_hid usb_f_acm usb_f_printer vivid snd-aloop # the units' side
	xhci-pci hid-generic usbhid evdev cdc-acm usblp             # the computer's
)
units=(-device qemu-xhci -device usb-ccid) # played by QEMU
[ -z "${LAB_PACKAGES:-}" ] || read -ra packages <<<"$LAB_PACKAGES"
pattern=${1:-^TestLab}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/motcua-lab
mkdir -p "$cache"
PATH=$PATH:/usr/sbin:/sbin # depmod, for who is not root

skip() { echo "lab: skipped: $*"; exit 0; }

# Tools.
missing=()
for pair in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod; do
	command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	as_root=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || skip "not installed: ${missing[*]}"
		as_root=(sudo -n)
	fi
	echo "lab: installing ${missing[*]}" >&2
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -q "${missing[@]}" >/dev/null 2>&1 ||
		{ "${as_root[@]}" apt-get update -q >/dev/null 2>&1 &&
			"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -q "${missing[@]}" >/dev/null 2>&1; } ||
		skip "cannot be installed: ${missing[*]}"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Kernel. What was unpacked once is good for as long as it is there.
image=$(find "$cache" -maxdepth 1 -name 'linux-image-*' -type d | sort -V | tail -1)
if [ -z "$image" ]; then
	name=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}')
	[ -n "$name" ] || skip "apt knows no linux-image-amd64"
	(cd "$work" && apt-get download -q "$name" >/dev/null 2>&1) || skip "$name cannot be downloaded"
	dpkg -x "$work/$name"_*.deb "$work/image"
	version=${name#linux-image-}
	depmod -b "$work/image" "$version"
	mv "$work/image" "$cache/$name"
	image=$cache/$name
fi
version=$(basename "$image")
version=${version#linux-image-}

# User space: busybox, the kernel's modules in their order, the tests.
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,modules,tests}
cp "$(command -v busybox)" "$root/bin/busybox"
: >"$root/modules/order"
for module in "${modules[@]}"; do
	modprobe -d "$image" -S "$version" --show-depends --ignore-install "$module" | awk '$1 == "insmod" {print $2}'
done | awk '!seen[$0]++' | while read -r file; do
	cp "$file" "$root/modules/"
	basename "$file" >>"$root/modules/order"
done
for package in "${packages[@]}"; do
	binary=$root/tests/$(tr / - <<<"${package#./}")
	go test -c -o "$binary" "$package"
	# One without C needs none.
	{ ldd "$binary" 2>/dev/null || true; } | { grep -o '/[^ ]*' || true; } | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp -nL "$library" "$root$library"
	done
done
printf 'root:x:0:0::/:/bin/sh\nkiosk:x:1000:1000::/:/bin/sh\n' >"$root/etc/passwd"
cat >"$root/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do
	case \$module in
	dummy_hcd.*) insmod /modules/\$module num=4 ;;
	snd-aloop.*) insmod /modules/\$module enable=1,1 id=Loopback,Spare pcm_substreams=1,1 ;;
	*) insmod /modules/\$module ;;
	esac
done </modules/order
mkdir /dev/pts && mount -t devpts devpts /dev/pts
mount -t configfs config /sys/kernel/config
cd /tmp
failed=0
for test in /tests/*; do
	MOTCUA_LAB=guest \$test -test.v -test.run '$pattern' -test.timeout 600s || failed=1
done
echo "lab: failed=\$failed"
poweroff -f
EOF
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

log=${LAB_LOG:-$work/log}
began=$(date +%s)
# Time inside goes by instructions, not by the clock on the wall: a busy computer
# makes no pauses, and waits take no time.
timeout --foreground "${LAB_LIMIT:-1800}" qemu-system-x86_64 -accel tcg -icount shift=1,sleep=off -rtc clock=vm \
	-m 512 -smp 1 -nodefaults -nographic -no-reboot "${units[@]}" \
	-serial stdio -kernel "$image/boot/vmlinuz-$version" -initrd "$work/initrd" \
	-append "console=ttyS0 quiet oops=panic panic=-1 mitigations=off" </dev/null >"$log" 2>&1 || true
tr -d '\r' <"$log" | sed -nE \
	-e 's/^--- (PASS|FAIL|SKIP): (\S+) \((.*)\)$/lab: \1 \2 \3/p' \
	-e 's/^ +--- (FAIL): (\S+) .*$/lab: \1 \2/p' \
	-e 's/^ +[a-z_]+_test\.go:[0-9]+: /lab:        /p'
if ! tr -d '\r' <"$log" | grep -q '^lab: failed=0$'; then
	echo "lab: the machine's last words:" >&2
	tail -40 "$log" >&2
	echo "lab: failed after $(($(date +%s) - began)) s" >&2
	exit 1
fi
if ! grep -q '^--- PASS' "$log"; then
	echo "lab: no test matches $pattern" >&2
	exit 1
fi
echo "lab: passed in $(($(date +%s) - began)) s"
