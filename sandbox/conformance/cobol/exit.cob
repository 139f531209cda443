identification division.
program-id. sample.
procedure division.
    move 7 to return-code
    stop run.
