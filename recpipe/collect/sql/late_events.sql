-- How many of an ingestion's events are older than the newest one of its source before, by more than allowed.
WITH before AS (
    SELECT max(last_event_at) AS newest FROM ingestions WHERE source = $source
)
SELECT count(*)
FROM events
WHERE ingestion_id = $ingestion_id
    AND event_at BETWEEN $first_event_at AND $last_event_at
    AND event_at < (SELECT newest FROM before) - to_microseconds(($late_days * 86400000000)::BIGINT);
