#!/usr/bin/env bash
# Installs the Debian packages that building, testing and `make demo` need.
# Quick when all are there; asks for root only when some are missing.
#
#   scripts/deps.sh          install what is missing
#   scripts/deps.sh --list   print the packages, install nothing
set -euo pipefail

build=(
  gcc make git ca-certificates pkg-config
  libasound2-dev                        # the loudspeaker
  libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
  libwayland-dev libxkbcommon-dev       # the window
)
test=(
  xvfb libgl1-mesa-dri                  # a screen where there is none, drawn in software
  zbar-tools                            # reads the printed QR codes as a phone would
  poppler-utils                         # reads the words on a readiness report
  pcscd vsmartcard-vpcd                 # the card daemon, with a reader that is none
  libccid                               # its driver for the USB reader of the lab
  strace                                # kills a station at a write or a sync
)
voice=(espeak-ng vorbis-tools)          # `make voice` alone, but small

all=("${build[@]}" "${test[@]}" "${voice[@]}")
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${all[@]}"
  exit 0
fi

if ! command -v dpkg-query >/dev/null; then
  echo "deps: this is not Debian; install what matches: ${all[*]}" >&2
  exit 1
fi

present=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
missing=()
for package in "${all[@]}"; do
  [ "$package" = pkg-config ] && command -v pkg-config >/dev/null && continue
  grep -qxF "$package" <<<"$present" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "deps: run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "deps: installing ${missing[*]}" >&2
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -q)
# Lists that are there are good enough, unless a package has moved on since.
if ! "${install[@]}" "${missing[@]}" >/dev/null 2>&1; then
  "${as_root[@]}" apt-get update -q
  "${install[@]}" "${missing[@]}"
fi
