-- Erase one user, and remember by a hash that nothing of theirs is to come again. In lines of the quarantine
-- that could not be taken apart, the id may stand anywhere. The result counts events and quarantined rows.
CREATE OR REPLACE TEMP TABLE erased AS
SELECT
    (SELECT count(*) FROM events WHERE user_id = $user_id)
    + (SELECT count(*) FROM set_aside WHERE user_id = $user_id) AS events,
    (SELECT count(*) FROM user_history WHERE user_id = $user_id) AS descriptions,
    count(*) AS quarantined
FROM quarantine
WHERE user_id = $user_id OR (bad_column IS NULL AND contains(content, $user_id));

DELETE FROM events WHERE user_id = $user_id;

DELETE FROM set_aside WHERE user_id = $user_id;

DELETE FROM users WHERE user_id = $user_id;

DELETE FROM user_history WHERE user_id = $user_id;

DELETE FROM quarantine WHERE user_id = $user_id OR (bad_column IS NULL AND contains(content, $user_id));

DELETE FROM forgotten WHERE user_hash = $user_hash;

INSERT INTO forgotten VALUES ($user_hash, $now);

FROM erased;
