-- Events that have become too old, and quarantined rows that were read so long ago.
DELETE FROM quarantine
WHERE ingestion_id IN (SELECT ingestion_id FROM ingestions WHERE finished_at < $oldest);

DELETE FROM events
WHERE event_at < $oldest;

DELETE FROM set_aside
WHERE event_at < $oldest;
