#!/usr/bin/env bash
set -euo pipefail

# Keeps the newest three of a folder's backups.
keep=3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for day in 01 02 03 04 05; do
    echo "content of day $day" > "$folder/backup-2024-03-$day.tar"
done
touch "$folder/readme.txt"

log() {
    printf '[%s] %s\n' "$1" "${*:2}"
}

mapfile -t backups < <(find "$folder" -name 'backup-*.tar' | sort -r)
log info "${#backups[@]} backups found"
for file in "${backups[@]:$keep}"; do
    log remove "$(basename "$file" .tar)"
    rm -- "$file"
done
ls "$folder"
