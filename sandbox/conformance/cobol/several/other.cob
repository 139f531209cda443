identification division.
program-id. other.
procedure division.
    display "Hello from the other file!"
    goback.
