-- Set the events of users aside who have more than $most of them on one day (UTC). Those with as many at all
-- are looked for first: they are few.
CREATE OR REPLACE TEMP TABLE busy_users AS
WITH suspects AS (SELECT user_id FROM events GROUP BY user_id HAVING count(*) > $most),
busy_days AS (
    SELECT user_id
    FROM events
    SEMI JOIN suspects USING (user_id)
    GROUP BY user_id, event_at::DATE
    HAVING count(*) > $most
)
SELECT DISTINCT user_id FROM busy_days;

INSERT INTO set_aside BY NAME
FROM events SEMI JOIN busy_users USING (user_id);

DELETE FROM events
USING busy_users
WHERE events.user_id = busy_users.user_id;

SELECT count(DISTINCT user_id) AS set_aside_users, count(*) AS set_aside_events
FROM set_aside;
