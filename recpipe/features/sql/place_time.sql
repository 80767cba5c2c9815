-- Every event with the part it falls into: 1 train, 2 validation, 3 test, by the cutoffs.
CREATE OR REPLACE TEMP TABLE placed_events AS
SELECT
    user_id,
    item_id,
    event_type,
    event_at,
    event_order,
    value,
    CASE WHEN event_at >= $test_from THEN 3 WHEN event_at >= $validation_from THEN 2 ELSE 1 END::UTINYINT AS part
FROM events
