CREATE TABLE kept AS SELECT hash(i) AS a, hash(i + 1) AS b, hash(i + 2) AS c FROM range(100000000) AS numbers (i);
