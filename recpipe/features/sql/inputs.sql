-- How much there is to make a snapshot from.
WITH
event_totals AS (
    SELECT
        count(*) AS events,
        count(event_order) AS ordered_events,
        list_sort(list(DISTINCT event_type)) AS event_types
    FROM events
)
SELECT
    events,
    ordered_events,
    (SELECT count(*) FROM items) AS items,
    (SELECT count(*) FROM users) AS users,
    event_types
FROM event_totals
