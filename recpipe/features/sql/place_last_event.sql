-- Every event with the part it falls into: 1 train, 2 validation, 3 test, by its place in its history.
CREATE OR REPLACE TEMP TABLE placed_events AS
WITH
counted AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY user_id ORDER BY event_at DESC, event_order DESC NULLS FIRST, item_id DESC, event_type DESC
        ) AS place_from_end,
        count(*) OVER (PARTITION BY user_id) AS user_events
    FROM events
)
SELECT
    user_id,
    item_id,
    event_type,
    event_at,
    event_order,
    CASE WHEN user_events < 3 OR place_from_end > 2 THEN 1 ELSE 4 - place_from_end END::UTINYINT AS part
FROM counted
