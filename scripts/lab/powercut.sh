#!/usr/bin/env bash
# Cuts the power of a disk under the outbox at hundreds of points: make powercut
#
# A virtual machine boots Debian's kernel. Inside, the outbox works on an ext4 of
# which dm-log-writes keeps every write; then the disk is laid out again as it was
# at each of the points, mounted and opened. It needs no KVM and no hardware, and
# nothing is installed but the tools; the kernel is only unpacked, into
# ~/.cache/motcua-lab, which make lab shares.
#
# Prints what the test says, and fails if it fails. Where the tools cannot be had
# it says so and ends well.
#
#   POWERCUT_POINTS=240  how many points
#   LAB_LOG=file         keep the whole of what the machine said
#   LAB_LIMIT=900        seconds until a machine that hangs is ended
set -euo pipefail
cd "$(dirname "$0")/../.."

modules=(brd dm-log-writes ext4 crc32c_generic)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/motcua-lab
mkdir -p "$cache"
PATH=$PATH:/usr/sbin:/sbin # depmod and mkfs.ext4, for who is not root

skip() { echo "powercut: skipped: $*"; exit 0; }

# Tools.
missing=()
for pair in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod mkfs.ext4:e2fsprogs; do
	command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	as_root=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || skip "not installed: ${missing[*]}"
		as_root=(sudo -n)
	fi
	echo "powercut: installing ${missing[*]}" >&2
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
	depmod -b "$work/image" "${name#linux-image-}"
	mv -T "$work/image" "$cache/$name" 2>/dev/null || true # somebody else was first
	image=$cache/$name
fi
version=$(basename "$image")
version=${version#linux-image-}

# User space: busybox, mkfs, the kernel's modules in their order, the test.
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,mnt,modules}
cp "$(command -v busybox)" "$root/bin/busybox"
for module in "${modules[@]}"; do
	modprobe -d "$image" -S "$version" --show-depends --ignore-install "$module" | awk '$1 == "insmod" {print $2}'
done | awk '!seen[$0]++' | while read -r file; do
	cp "$file" "$root/modules/"
	basename "$file" >>"$root/modules/order"
done
mkfs=$(command -v mkfs.ext4)
cp -L "$mkfs" "$root/bin/mkfs.ext4"
ldd "$mkfs" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$root$(dirname "$library")"
	cp -nL "$library" "$root$library"
done
CGO_ENABLED=0 go test -c -o "$root/bin/outbox.test" ./kiosk/outbox
cat >"$root/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
while read -r module; do
	case \$module in
	brd.*) insmod /modules/\$module rd_nr=3 rd_size=262144 ;;
	*) insmod /modules/\$module ;;
	esac
done </modules/order
cd /tmp
MOTCUA_LAB=guest MOTCUA_CUTS=${POWERCUT_POINTS:-240} outbox.test -test.v -test.run '^TestLab' -test.timeout 30m
echo "powercut: status=\$?"
poweroff -f
EOF
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

log=${LAB_LOG:-$work/log}
began=$(date +%s)
timeout --foreground "${LAB_LIMIT:-900}" qemu-system-x86_64 -accel tcg -m 1536 -smp 1 -nodefaults -nographic -no-reboot \
	-serial stdio -kernel "$image/boot/vmlinuz-$version" -initrd "$work/initrd" \
	-append "console=ttyS0 quiet oops=panic panic=-1 mitigations=off" </dev/null >"$log" 2>&1 || true
tr -d '\r' <"$log" | sed -nE \
	-e 's/^--- (PASS|FAIL|SKIP): (\S+) \((.*)\)$/powercut: \1 \2 \3/p' \
	-e 's/^ +[a-z_]+_test\.go:[0-9]+: /powercut:   /p'
if ! tr -d '\r' <"$log" | grep -q '^powercut: status=0$' || [ "$(grep -c '^--- PASS: TestLab' "$log")" != 2 ]; then
	echo "powercut: the machine's last words:" >&2
	tail -40 "$log" >&2
	echo "powercut: failed after $(($(date +%s) - began)) s" >&2
	exit 1
fi
echo "powercut: passed in $(($(date +%s) - began)) s"
