identification division.
program-id. sample.
environment division.
input-output section.
file-control.
    select input-file assign to keyboard organization line sequential.
data division.
file section.
fd input-file.
01 line-in pic x(80).
working-storage section.
01 at-end pic 9 value 0.
procedure division.
    open input input-file
    perform until at-end = 1
        read input-file
            at end move 1 to at-end
            not at end display function upper-case(function trim(line-in))
        end-read
    end-perform
    close input-file
    stop run.
