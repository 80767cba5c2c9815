-- The newest event that was taken in from the source which gave `file`.
SELECT max(last_event_at)
FROM ingestions
WHERE list_contains(files, $file);
