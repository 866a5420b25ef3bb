#!/usr/bin/env bash
# Runs every fuzz target of the module for a while: scripts/fuzz.sh [20s]
set -euo pipefail
cd "$(dirname "$0")/.."
for_each=${1:-20s}
grep -rl --include='*_test.go' '^func Fuzz' cmd kiosk devices | sort | while read -r file; do
	dir=./$(dirname "$file")
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		echo "fuzz: $dir $target for $for_each"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$for_each" -fuzzminimizetime 5x "$dir"
	done
done
