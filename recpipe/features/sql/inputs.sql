-- How much there is to make a snapshot from.
WITH
event_totals AS (
    SELECT count(*) AS events, list_sort(list(DISTINCT event_type)) AS event_types FROM events
)
SELECT
    events,
    (SELECT count(*) FROM items) AS items,
    (SELECT count(*) FROM users) AS users,
    event_types
FROM event_totals
