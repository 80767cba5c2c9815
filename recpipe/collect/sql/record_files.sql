-- The files of this ingestion, and what each one brought.
INSERT INTO ingested_files BY NAME
WITH counted AS (
    SELECT
        'events' AS table_name,
        file,
        count(*) AS read,
        count(reason) AS quarantined,
        min(event_at) FILTER (reason IS NULL) AS first_event_at,
        max(event_at) FILTER (reason IS NULL) AS last_event_at
    FROM staged_events
    GROUP BY file
)
SELECT * EXCLUDE is_read
FROM staged_files
LEFT JOIN counted USING (table_name, file);
