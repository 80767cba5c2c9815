-- What is in each part when each user's last moment (all events of one time and order) is the test and
-- the one before it the validation; users of fewer than three moments only train. There is no common
-- cutoff in time.
WITH
moments AS (
    SELECT
        user_id,
        event_at,
        count(*) AS events,
        row_number() OVER (PARTITION BY user_id ORDER BY event_at DESC, event_order DESC NULLS FIRST) AS from_end,
        count(*) OVER (PARTITION BY user_id) AS user_moments
    FROM events
    GROUP BY user_id, event_at, event_order
)
SELECT
    NULL::TIMESTAMP AS validation_from,
    NULL::TIMESTAMP AS test_from,
    max(event_at) AS newest,
    coalesce(sum(events) FILTER (user_moments < 3 OR from_end > 2), 0)::BIGINT AS train_events,
    coalesce(sum(events) FILTER (user_moments >= 3 AND from_end = 2), 0)::BIGINT AS validation_events,
    coalesce(sum(events) FILTER (user_moments >= 3 AND from_end = 1), 0)::BIGINT AS test_events
FROM moments
