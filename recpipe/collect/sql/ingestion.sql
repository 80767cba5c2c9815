-- The record of one ingestion, if it was merged.
SELECT
    ingestion_id,
    source,
    read,
    kept,
    duplicate,
    quarantined,
    dropped,
    late,
    set_aside_users,
    set_aside_events,
    first_event_at,
    last_event_at,
    seconds
FROM ingestions
WHERE ingestion_id = $ingestion_id;
