-- One row for a finished ingestion: read = kept + duplicate + quarantined + dropped.
INSERT INTO ingestions BY NAME
SELECT
    $ingestion_id AS ingestion_id,
    $source AS source,
    $files AS files,
    count(*) + $dropped AS read,
    $kept AS kept,
    count(*) - count(reason) - $kept AS duplicate,
    count(reason) AS quarantined,
    min(event_at) FILTER (reason IS NULL) AS first_event_at,
    max(event_at) FILTER (reason IS NULL) AS last_event_at,
    $finished_at AS finished_at,
    $dropped AS dropped,
    $late AS late,
    $seconds AS seconds,
    $set_aside_users AS set_aside_users,
    $set_aside_events AS set_aside_events
FROM staged_events;
