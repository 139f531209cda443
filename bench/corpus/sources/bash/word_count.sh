#!/bin/bash

text="The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away.
Over the hills and far away the fox rests, and the dog sleeps."

declare -A counts
for word in $(tr -cs '[:alpha:]' ' ' <<< "${text,,}"); do
    (( counts[$word]++ ))
done

for word in "${!counts[@]}"; do
    echo "${counts[$word]} $word"
done | sort -k1,1nr -k2 | head -n 5 | while read -r count word; do
    printf '%-6s %2d ' "$word" "$count"
    printf '*%.0s' $(seq "$count")
    echo
done

echo "${#counts[@]} different words"
echo "$text" | wc -l | tr -d ' '
