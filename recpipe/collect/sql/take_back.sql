-- Events that were set aside join the others again, to be judged anew.
INSERT INTO events BY NAME FROM set_aside;

DELETE FROM set_aside;
