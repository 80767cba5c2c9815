-- Events out of the rows in `fetched`.
INSERT INTO staged_events BY NAME
WITH raw AS (
    SELECT
        * EXCLUDE (timestamp, event_type),
        our_type(event_type) AS event_type,
        timestamp AS moment,
        NULL::VARCHAR AS problem
    FROM fetched
)
FROM judged_events(raw, $ingestion_id, $file, $time_format, $sample);
