-- New events only. Equal keys are one event told twice: of those in the staging the one with the lowest
-- order and value is kept, whatever the order of reading; what is in events already stays.
INSERT INTO events BY NAME
WITH staged AS (
    SELECT
        user_id,
        item_id,
        event_type,
        event_at,
        min({event_order: coalesce(event_order, 9223372036854775807), value: coalesce(value, 'inf'::DOUBLE)}) AS first
    FROM staged_events
    WHERE reason IS NULL
    GROUP BY ALL
)
SELECT
    user_id,
    item_id,
    event_type,
    event_at,
    nullif(first.value, 'inf'::DOUBLE) AS value,
    nullif(first.event_order, 9223372036854775807) AS event_order,
    $ingestion_id AS ingestion_id
FROM staged
ANTI JOIN events USING (user_id, item_id, event_type, event_at);
