# The guest that the lab's scripts boot: Debian's kernel with a few MB of user space
# in QEMU. It needs no KVM and no hardware, and nothing is installed but the tools;
# the kernel is only unpacked, into ~/.cache/motcua-lab.
#
# To be sourced, behind set -euo pipefail, with the script's name as the argument;
# what the script says begins with it. In order: guest_tools, guest_kernel,
# guest_modules, what the script itself puts into $root, guest_init, guest_boot.
lab=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/motcua-lab
mkdir -p "$cache"
PATH=$PATH:/usr/sbin:/sbin # depmod and the like, for who is not root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

say() { echo "$lab: $*"; }
skip() { say "skipped: $*"; exit 0; }

# guest_tools COMMAND:PACKAGE... installs what is missing besides, or skips.
guest_tools() {
	local pair missing=() as_root=()
	for pair in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod "$@"; do
		command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || skip "not installed: ${missing[*]}"
		as_root=(sudo -n)
	fi
	say "installing ${missing[*]}" >&2
	local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -q "${missing[@]}")
	"${install[@]}" >/dev/null 2>&1 ||
		{ "${as_root[@]}" apt-get update -q >/dev/null 2>&1 && "${install[@]}" >/dev/null 2>&1; } ||
		skip "cannot be installed: ${missing[*]}"
}

# guest_package NAME unpacks a Debian package, installs nothing, and prints its
# folder. What was unpacked once is good for as long as it is there.
guest_package() {
	if [ ! -d "$cache/$1" ]; then
		(cd "$work" && apt-get download -q "$1" >/dev/null 2>&1) || return 1
		dpkg -x "$work/$1"_*.deb "$work/$1" || return 1
		mv -T "$work/$1" "$cache/$1" 2>/dev/null || true # somebody else was first
	fi
	echo "$cache/$1"
}

# guest_kernel finds the kernel: $image is its folder, $version its name.
guest_kernel() {
	local name
	image=$(find "$cache" -maxdepth 1 -name 'linux-image-*' -type d | sort -V | tail -1)
	if [ -z "$image" ]; then
		name=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}')
		[ -n "$name" ] || skip "apt knows no linux-image-amd64"
		image=$(guest_package "$name") || skip "$name cannot be downloaded"
	fi
	version=$(basename "$image")
	version=${version#linux-image-}
	[ -e "$image/lib/modules/$version/modules.dep" ] || depmod -b "$image" "$version"
}

# guest_modules "MODULE [PARAMETER...]"... copies the kernel's modules with what they
# need; the guest loads them in this order.
guest_modules() {
	local entry module parameters file name
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	: >"$root/modules/order"
	for entry in "$@"; do
		read -r module parameters <<<"$entry"
		modprobe -d "$image" -S "$version" --show-depends --ignore-install "$module" | awk '$1 == "insmod" {print $2}' |
			while read -r file; do
				name=$(basename "$file")
				[ ! -e "$root/modules/$name" ] || continue
				cp "$file" "$root/modules/"
				if [ "${name%%.*}" = "$module" ]; then
					name="$name $parameters"
				fi
				echo "$name" >>"$root/modules/order"
			done
	done
}

# guest_libraries PROGRAM... copies the libraries that programs need, if any.
guest_libraries() {
	local library
	{ ldd "$@" 2>/dev/null || true; } | { grep -o '[[:space:]]/[^ :]*' || true; } | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp -nL "$library" "$root$library"
	done
}

# guest_init makes $work/initrd: its init mounts and loads what there is, runs the
# commands on standard input, and ends the machine.
guest_init() {
	{
		cat <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
echo # behind the BIOS's last words
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module parameters; do
	insmod /modules/$module $parameters
done </modules/order
cd /tmp
END
		cat
		echo "poweroff -f"
	} >"$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"
}

# guest_boot LOG SECONDS "KERNEL PARAMETERS" [QEMU OPTION...] boots the guest and
# waits until it ends, or ends it when the seconds are over; then it gives 124.
# What the guest says is in the log.
guest_boot() {
	local log=$1 seconds=$2 parameters=$3 status=0
	shift 3
	timeout --foreground "$seconds" qemu-system-x86_64 -accel tcg -smp 1 -nodefaults -nographic -no-reboot "$@" \
		-serial stdio -kernel "$image/boot/vmlinuz-$version" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet oops=panic panic=-1 mitigations=off $parameters" </dev/null >"$work/said" 2>&1 || status=$?
	tr -d '\r' <"$work/said" >"$log"
	[ "$status" -eq 0 ] || return "$status"
}
