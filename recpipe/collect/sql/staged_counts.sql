-- What one ingestion has staged: rows of events, unusable ones among them, usable items and users.
SELECT
    (SELECT count(*) FROM staged_events WHERE ingestion_id = $ingestion_id) AS read,
    (SELECT count(*) FROM staged_events WHERE ingestion_id = $ingestion_id AND reason IS NOT NULL) AS quarantined,
    (SELECT count(*) FROM staged_items WHERE ingestion_id = $ingestion_id AND reason IS NULL) AS items,
    (SELECT count(*) FROM staged_users WHERE ingestion_id = $ingestion_id AND reason IS NULL) AS users;
