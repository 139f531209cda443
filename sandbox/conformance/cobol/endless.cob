identification division.
program-id. sample.
data division.
working-storage section.
01 n pic 9(4) value 0.
procedure division.
    perform until n = 1
        continue
    end-perform
    stop run.
