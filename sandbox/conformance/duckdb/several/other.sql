CREATE TABLE greeting (line TEXT);
INSERT INTO greeting VALUES ('Hello from the other file!');
