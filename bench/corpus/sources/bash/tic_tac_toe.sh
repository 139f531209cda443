#!/bin/bash
# Plays a fixed game and says who won.

board=(. . . . . . . . .)
lines=("0 1 2" "3 4 5" "6 7 8" "0 3 6" "1 4 7" "2 5 8" "0 4 8" "2 4 6")

show() {
    local row
    for row in 0 3 6; do
        echo "${board[*]:row:3}"
    done
    echo "-----"
}

winner() {
    local line a b c
    for line in "${lines[@]}"; do
        read -r a b c <<< "$line"
        if [[ ${board[a]} != . && ${board[a]} == "${board[b]}" && ${board[b]} == "${board[c]}" ]]; then
            echo "${board[a]}"
            return 0
        fi
    done
    return 1
}

player=X
turn=0
for move in 4 0 2 6 4 3 5; do
    if [[ ${board[move]} != . ]]; then
        echo "field $move is taken"
        continue
    fi
    board[move]=$player
    turn=$(( turn + 1 ))
    show
    if won=$(winner); then
        echo "$won wins in $turn turns"
        break
    fi
    [[ $player == X ]] && player=O || player=X
done
