identification division.
program-id. sample.
data division.
working-storage section.
01 word pic x(80).
01 word-count pic 9(4).
procedure division.
    accept word-count from argument-number
    perform word-count times
        accept word from argument-value
        display function trim(word)
    end-perform
    stop run.
