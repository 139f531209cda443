#!/usr/bin/env bash
set -euo pipefail
# Jobs in the background, results gathered in order.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

collatz() {
    local n=$1 steps=0
    while (( n != 1 )); do
        (( n = n % 2 ? 3 * n + 1 : n / 2, steps += 1 ))
    done
    echo "$steps"
}

pids=()
for n in 27 97 171 703; do
    ( collatz "$n" > "$work/$n" ) &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=$(( failed + 1 ))
done
for file in $(ls "$work" | sort -n); do
    echo "$file: $(< "$work/$file") steps"
done
echo "$failed failed"

while read -r colour; do
    echo "took $colour"
done < <(for item in red green blue; do echo "$item"; done)
