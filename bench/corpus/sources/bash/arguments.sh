#!/usr/bin/env bash
set -u

usage() {
    echo "usage: greet [-n NAME] [-c COUNT] [-v] FILE..." >&2
    return 2
}

greet() {
    local OPTIND=1 option name=world count=1 verbose=false
    while getopts ':n:c:v' option; do
        case $option in
            n) name=$OPTARG ;;
            c) count=$OPTARG ;;
            v) verbose=true ;;
            :) echo "-$OPTARG needs a value"; usage; return ;;
            *) echo "unknown option -$OPTARG"; usage; return ;;
        esac
    done
    shift $(( OPTIND - 1 ))
    if [[ ! $count =~ ^[0-9]+$ ]]; then
        echo "not a number: $count"
        return 1
    fi
    $verbose && echo "files: $# (${*:-none})"
    local i
    for (( i = 1; i <= count; i++ )); do
        echo "hello $name $i"
    done
}

greet
greet -n Ada -c 2 -v one.txt "two words.txt"
greet -c many || echo "status $?"
greet -x 2> /dev/null || echo "status $?"
greet -n 2> /dev/null || echo "status $?"
