identification division.
program-id. sample.
procedure division.
    call "nowhere-to-be-found"
    stop run.
