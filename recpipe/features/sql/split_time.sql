-- Where the parts begin when the last $test_share of all events in time order is the test part and
-- the $validation_share before it is the validation part. A cutoff is the newest time such that the
-- part holds at least its share: same-time events stay on one side.
WITH
per_time AS (
    SELECT event_at, count(*) AS events FROM events GROUP BY event_at
),
cumulative AS (
    SELECT event_at, sum(events) OVER (ORDER BY event_at DESC) AS events_from FROM per_time
),
wanted AS (
    SELECT
        greatest(1, round($test_share * sum(events))) AS test_events,
        greatest(1, round($validation_share * sum(events))) AS validation_events
    FROM per_time
),
test_part AS (
    SELECT max(event_at) AS test_from, min(events_from) AS events_from
    FROM cumulative, wanted
    WHERE events_from >= test_events
),
validation_part AS (
    SELECT max(event_at) AS validation_from
    FROM cumulative, wanted, test_part
    WHERE cumulative.events_from >= test_part.events_from + validation_events
),
cutoffs AS (
    SELECT
        -- without enough events for it, validation takes what is left, and train is found empty
        coalesce(validation_from, (SELECT min(event_at) FROM per_time)) AS validation_from,
        test_from,
        (SELECT max(event_at) FROM per_time) AS newest
    FROM validation_part, test_part
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
