-- The newest event that was taken in from `file`. After a release it counts as never asked.
SELECT max(last_event_at)
FROM ingested_files
WHERE file = $file AND content_hash <> '';
