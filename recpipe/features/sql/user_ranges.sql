-- Ranges of users, in the order of their ids, of $bucket_events events each; a user is in one range whole.
WITH
counted AS (
    SELECT user_id, sum(events) AS events
    FROM (SELECT user_id, 1 AS events FROM placed_events UNION ALL SELECT user_id, 0 FROM users)
    GROUP BY user_id
),
bucketed AS (
    SELECT user_id, (sum(events) OVER (ORDER BY user_id ROWS UNBOUNDED PRECEDING) - events) // $bucket_events AS bucket
    FROM counted
)
SELECT min(user_id) AS first_user, max(user_id) AS last_user FROM bucketed GROUP BY bucket ORDER BY bucket
