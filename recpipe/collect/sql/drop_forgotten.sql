-- Rows of erased users are not even staged. A line that could not be taken apart has no user to be known by:
-- its text is withheld. The last result counts the events.
CREATE OR REPLACE TEMP TABLE unwanted AS
WITH staged AS (
    SELECT user_id FROM staged_events
    UNION
    SELECT user_id FROM staged_users
)
SELECT user_id
FROM staged
WHERE sha256($key || user_id) IN (SELECT user_hash FROM forgotten);

UPDATE staged_events SET user_id = NULL, content = NULL WHERE reason IS NOT NULL AND bad_column IS NULL;

UPDATE staged_users SET content = NULL WHERE reason IS NOT NULL AND bad_column IS NULL;

DELETE FROM staged_users
USING unwanted
WHERE staged_users.user_id = unwanted.user_id;

DELETE FROM staged_events
USING unwanted
WHERE staged_events.user_id = unwanted.user_id;
