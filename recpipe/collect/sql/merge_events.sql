-- New events only, of those without an id of their own. What is in events already stays; it is looked for in
-- the time range that was staged, and first, so that nothing known has to be grouped. Equal keys are one event
-- told twice: the lowest value and order of them are kept, so that the order of reading decides nothing.
INSERT INTO events BY NAME
WITH staged AS (
    SELECT user_id, item_id, event_type, event_at, value, event_order
    FROM staged_events
    WHERE reason IS NULL AND event_id IS NULL
),
known AS (
    SELECT user_id, item_id, event_type, event_at
    FROM events
    WHERE event_at BETWEEN $first_event_at AND $last_event_at AND event_id IS NULL
),
new_events AS (
    FROM staged
    ANTI JOIN known USING (user_id, item_id, event_type, event_at)
)
SELECT
    user_id,
    item_id,
    event_type,
    event_at,
    min(value) AS value,
    min(event_order) AS event_order,
    $ingestion_id AS ingestion_id
FROM new_events
GROUP BY user_id, item_id, event_type, event_at;
