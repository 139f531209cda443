identification division.
program-id. sample.
procedure division.
    display "to standard error" upon stderr
    stop run.
