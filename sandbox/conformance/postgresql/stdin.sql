CREATE TABLE input (line text);
\copy input FROM '/dev/stdin'
\pset tuples_only on
\pset format unaligned
SELECT upper(line) FROM input;
