-- Every event with the part it falls into: 1 train, 2 validation, 3 test, by its place in its history.
-- Events of one user at one time and order are one moment: a basket is not torn apart.
CREATE OR REPLACE TEMP TABLE placed_events AS
WITH
counted AS (
    SELECT
        *,
        dense_rank() OVER (PARTITION BY user_id ORDER BY event_at DESC, event_order DESC NULLS FIRST) AS moment_from_end
    FROM events
),
measured AS (
    SELECT *, max(moment_from_end) OVER (PARTITION BY user_id) AS user_moments FROM counted
)
SELECT
    user_id,
    item_id,
    event_type,
    event_at,
    event_order,
    value,
    CASE WHEN user_moments < 3 OR moment_from_end > 2 THEN 1 ELSE 4 - moment_from_end END::UTINYINT AS part
FROM measured
