\i other.sql
\pset tuples_only on
\pset format unaligned
SELECT line FROM greeting;
