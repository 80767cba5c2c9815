-- Events older than what is kept are not even staged.
DELETE FROM staged_events
WHERE event_at < $oldest;
