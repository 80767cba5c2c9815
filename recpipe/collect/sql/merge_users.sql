-- The newest word on a user wins, as in merge_items.sql.
CREATE OR REPLACE TEMP TABLE newest_users AS
SELECT user_id, max_by(attributes, rowid) AS attributes
FROM staged_users
WHERE reason IS NULL
GROUP BY user_id;

DELETE FROM users
USING newest_users
WHERE users.user_id = newest_users.user_id;

INSERT INTO users BY NAME
FROM newest_users;
