#!/bin/bash
# Text without other programs: what parameter expansion can do.

path="/home/ada/projects/engine.tar.gz"
echo "${path##*/} ${path%/*} ${path##*.} ${path%%.*}"
echo "${path//a/A}"
echo "${#path} ${path:6:3} ${path: -6}"

reverse() {
    local text=$1 out="" i
    for (( i = ${#text} - 1; i >= 0; i-- )); do out+=${text:i:1}; done
    printf '%s\n' "$out"
}

is_palindrome() {
    local letters=${1,,}
    letters=${letters//[^a-z]/}
    [[ $letters == "$(reverse "$letters")" ]]
}

for text in "A man, a plan, a canal: Panama" "no palindrome"; do
    if is_palindrome "$text"; then echo "yes: $text"; else echo "no: $text"; fi
done

caesar() {
    local alphabet=abcdefghijklmnopqrstuvwxyz shift=$2
    tr "$alphabet" "${alphabet:shift}${alphabet:0:shift}" <<< "$1"
}

secret=$(caesar "attack at dawn" 3)
echo "$secret / $(caesar "$secret" 23)"
if [[ "2024-02-29" =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]]; then
    echo "year ${BASH_REMATCH[1]} month ${BASH_REMATCH[2]#0}"
fi
unset nothing
echo "${nothing:-default} ${nothing:=set} $nothing ${nothing:+there}"
