-- Events a day (UTC), one row for each event type.
SELECT event_at::DATE AS day, event_type, count(*) AS events
FROM events
GROUP BY ALL
ORDER BY ALL;
