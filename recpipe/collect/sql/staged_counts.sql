-- What one ingestion has staged: rows of events, unusable ones among them, ones with an id of their own,
-- usable items and users, and the time range of the usable events.
SELECT
    (SELECT count(*) FROM staged_items WHERE ingestion_id = $ingestion_id AND reason IS NULL) AS items,
    (SELECT count(*) FROM staged_users WHERE ingestion_id = $ingestion_id AND reason IS NULL) AS users,
    count(*) AS staged,
    count(reason) AS quarantined,
    count(event_id) FILTER (reason IS NULL) AS identified,
    min(event_at) FILTER (reason IS NULL) AS first_event_at,
    max(event_at) FILTER (reason IS NULL) AS last_event_at
FROM staged_events
WHERE ingestion_id = $ingestion_id;
