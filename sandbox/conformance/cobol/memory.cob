identification division.
program-id. sample.
data division.
working-storage section.
01 start-of-block usage pointer.
01 n pic 9(4) value 0.
procedure division.
    perform until n = 1
        allocate 1000000 characters initialized returning start-of-block
    end-perform
    stop run.
