CREATE TABLE greeting (line text);
INSERT INTO greeting VALUES ('Hello from the other file!');
