-- New events only, of those with an id of their own: the id alone is the key, whatever else differs. Of
-- several rows of one id the least is kept, so that the order of reading decides nothing.
INSERT INTO events BY NAME
WITH staged AS (
    SELECT
        event_id,
        min({
            event_at: event_at,
            user_id: user_id,
            item_id: item_id,
            event_type: event_type,
            value: value,
            event_order: event_order
        }) AS event
    FROM staged_events
    WHERE reason IS NULL AND event_id IS NOT NULL
    GROUP BY event_id
),
known AS (SELECT event_id FROM events WHERE event_id IS NOT NULL)
SELECT event_id, unnest(event), $ingestion_id AS ingestion_id
FROM staged
ANTI JOIN known USING (event_id);
