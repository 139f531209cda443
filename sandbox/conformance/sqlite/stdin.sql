CREATE TABLE input (line TEXT);
.import /dev/stdin input
SELECT upper(line) FROM input;
