-- Where the parts begin when the last $test_share of all events in time order is the test part and
-- the $validation_share before it is the validation part. A cutoff is the newest time such that at
-- least the share lies at or after it: same-time events stay on one side.
WITH
per_time AS (
    SELECT event_at, count(*) AS events FROM events GROUP BY event_at
),
cumulative AS (
    SELECT event_at, events, sum(events) OVER (ORDER BY event_at DESC) AS events_from FROM per_time
),
wanted AS (
    SELECT
        greatest(1, round($test_share * sum(events))) AS test_events,
        test_events + greatest(1, round($validation_share * sum(events))) AS held_out_events
    FROM per_time
),
cutoffs AS (
    SELECT
        max(event_at) FILTER (events_from >= held_out_events) AS validation_from,
        max(event_at) FILTER (events_from >= test_events) AS test_from,
        max(event_at) AS newest
    FROM cumulative, wanted
)
SELECT
    validation_from,
    test_from,
    newest,
    coalesce(sum(events) FILTER (event_at < validation_from), 0)::BIGINT AS train_events,
    coalesce(sum(events) FILTER (event_at >= validation_from AND event_at < test_from), 0)::BIGINT AS validation_events,
    coalesce(sum(events) FILTER (event_at >= test_from), 0)::BIGINT AS test_events
FROM per_time, cutoffs
GROUP BY ALL
