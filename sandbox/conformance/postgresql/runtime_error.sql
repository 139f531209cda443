CREATE TABLE numbers (n integer CHECK (n > 0));

INSERT INTO numbers VALUES (-1); -- here
