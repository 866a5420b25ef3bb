#!/usr/bin/env bash
# Cuts the power of a disk under the outbox at hundreds of points: make powercut
#
# In a guest (guest.sh) the outbox works on an ext4 of which dm-log-writes keeps
# every write; then the disk is laid out again as it was at each of the points,
# mounted and opened.
#
# Prints what the test says, and fails if it fails. Where the tools cannot be had
# it says so and ends well.
#
#   POWERCUT_POINTS=240  how many points
#   LAB_LOG=file         keep the whole of what the machine said
#   LAB_LIMIT=900        seconds until a machine that hangs is ended
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lab/guest.sh powercut

guest_tools mkfs.ext4:e2fsprogs
guest_kernel
guest_modules "brd rd_nr=3 rd_size=262144" dm-log-writes ext4 crc32c_generic
mkdir "$root/mnt"
for program in mkfs.ext4 e2fsck; do
	cp -L "$(command -v "$program")" "$root/bin/$program"
	guest_libraries "$root/bin/$program"
done
CGO_ENABLED=0 go test -c -o "$root/bin/outbox.test" ./kiosk/outbox
guest_init <<EOF
mount -t tmpfs tmp /tmp
cd /tmp
MOTCUA_LAB=guest MOTCUA_CUTS=${POWERCUT_POINTS:-240} outbox.test -test.v -test.run '^TestLab' -test.timeout 30m
echo "powercut: status=\$?"
EOF

log=${LAB_LOG:-$work/log}
began=$(date +%s)
guest_boot "$log" "${LAB_LIMIT:-900}" "" -m 1536 || true # what it said tells
sed -nE \
	-e 's/^--- (PASS|FAIL|SKIP): (\S+) \((.*)\)$/powercut: \1 \2 \3/p' \
	-e 's/^ +[a-z_]+_test\.go:[0-9]+: /powercut:   /p' "$log"
if ! grep -q '^powercut: status=0$' "$log" || [ "$(grep -c '^--- PASS: TestLab' "$log")" != 3 ]; then
	say "the machine's last words:" >&2
	tail -40 "$log" >&2
	say "failed after $(($(date +%s) - began)) s" >&2
	exit 1
fi
say "passed in $(($(date +%s) - began)) s"
