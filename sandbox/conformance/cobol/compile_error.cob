identification division.
program-id. sample.
procedure division.
    display here
    stop run.
