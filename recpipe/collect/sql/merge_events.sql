-- New events only. Equal keys are one event told twice: the lowest value and order of them are kept, so
-- that the order of reading decides nothing. What is in events already stays.
INSERT INTO events BY NAME
WITH staged AS (
    SELECT user_id, item_id, event_type, event_at, min(value) AS value, min(event_order) AS event_order
    FROM staged_events
    WHERE reason IS NULL
    GROUP BY user_id, item_id, event_type, event_at
)
SELECT *, $ingestion_id AS ingestion_id
FROM staged
ANTI JOIN events USING (user_id, item_id, event_type, event_at);
