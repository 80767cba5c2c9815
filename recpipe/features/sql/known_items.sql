-- How many items models will know: those with at least $min_item_events before the test part.
WITH
known AS (
    SELECT item_id FROM placed_events WHERE part < 3 GROUP BY item_id HAVING count(*) >= $min_item_events
)
SELECT count(*) AS known_items FROM known
