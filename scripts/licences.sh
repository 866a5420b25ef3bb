#!/usr/bin/env bash
# Lists the modules that the four programs are built from, with their licences,
# as the foot of LICENSE has them. With --check: fails if LICENSE says otherwise.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

licence() { # of the module in folder $1
	local file
	file=$(find "$1" -maxdepth 1 -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' \) | sort | head -n 1)
	[ -n "$file" ] || { echo "not stated"; return; }
	case $(tr -s '\n\r\t ' ' ' <"$file" | head -c 3000) in
	*"GNU LESSER GENERAL PUBLIC LICENSE"*) echo "LGPL-3.0" ;;
	*"Apache License"*) echo "Apache-2.0" ;;
	*"Mozilla Public License"*) echo "MPL-2.0" ;;
	*"Permission is hereby granted, free of charge"*) echo "MIT" ;;
	*"Permission to use, copy, modify, and"*) echo "ISC" ;;
	*"Redistribution and use in source and binary forms"*) echo "BSD" ;;
	*"free and unencumbered software"*) echo "Unlicense" ;;
	*) echo "see $(basename "$file")" ;;
	esac
}

list() {
	go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/... | sort -u |
		while read -r path version dir; do
			printf '%-52s %-40s %s\n' "$path" "$version" "$(licence "$dir")"
		done
	printf '%-52s %-40s %s\n' "Be Vietnam Pro (assets/fonts)" "" "OFL-1.1"
	printf '%-52s %-40s %s\n' "Lucide icons (assets/icons)" "" "ISC"
}

if [ "${1:-}" = --check ]; then
	diff <(list) <(sed -n '/^Third-party parts/,$p' LICENSE | tail -n +3) || {
		echo "LICENSE does not list what the programs are built from: scripts/licences.sh"
		exit 1
	}
else
	list
fi
