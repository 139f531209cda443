identification division.
program-id. sample.
procedure division.
    call "other"
    stop run.
