CREATE TABLE numbers (n INTEGER CHECK (n > 0));

INSERT INTO numbers VALUES (-1); -- here
