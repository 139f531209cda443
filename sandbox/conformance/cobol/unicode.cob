identification division.
program-id. sample.
procedure division.
    display "Grüße, 世界! 🎉"
    stop run.
