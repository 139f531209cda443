CREATE TABLE input (line TEXT);
.mode list
.import /dev/stdin input
SELECT upper(line) FROM input;
