-- The newest word on a user wins, as in merge_items.sql.
CREATE OR REPLACE TEMP TABLE newest_users AS
WITH staged AS (
    SELECT user_id, max_by(attributes, rowid) AS attributes
    FROM staged_users
    WHERE reason IS NULL
    GROUP BY user_id
)
FROM staged
EXCEPT
FROM users;

DELETE FROM users
USING newest_users
WHERE users.user_id = newest_users.user_id;

INSERT INTO user_history BY NAME
SELECT *, $ingestion_id AS ingestion_id FROM newest_users;

INSERT INTO users BY NAME
FROM newest_users;
