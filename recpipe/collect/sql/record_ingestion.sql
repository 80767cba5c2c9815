-- One row for a finished ingestion: read = kept + duplicate + quarantined.
INSERT INTO ingestions BY NAME
SELECT
    $ingestion_id AS ingestion_id,
    $source AS source,
    $files AS files,
    count(*) AS read,
    $kept AS kept,
    count(*) - count(reason) - $kept AS duplicate,
    count(reason) AS quarantined,
    min(event_at) FILTER (reason IS NULL) AS first_event_at,
    max(event_at) FILTER (reason IS NULL) AS last_event_at,
    $finished_at AS finished_at
FROM staged_events;
