-- What is in each part when each user's last event is the test and the one before it the validation;
-- users of fewer than three events only train. There is no common cutoff in time.
WITH
per_user AS (
    SELECT user_id, count(*) AS events, max(event_at) AS newest FROM events GROUP BY user_id
),
held_out AS (
    SELECT *, CASE WHEN events >= 3 THEN 1 ELSE 0 END AS each_part FROM per_user
)
SELECT
    NULL::TIMESTAMP AS validation_from,
    NULL::TIMESTAMP AS test_from,
    max(newest) AS newest,
    sum(events - 2 * each_part)::BIGINT AS train_events,
    sum(each_part)::BIGINT AS validation_events,
    sum(each_part)::BIGINT AS test_events
FROM held_out
