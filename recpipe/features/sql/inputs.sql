-- Counts and order-independent fingerprints of what a snapshot is made from. Sums of hashes: equal rows
-- in another order, or collected on another day, are equal inputs.
WITH
event_totals AS (
    SELECT
        count(*) AS events,
        sum(hash(user_id, item_id, event_type, event_at, event_order)::HUGEINT) AS events_hash,
        list_sort(list(DISTINCT event_type)) AS event_types
    FROM events
),
item_totals AS (
    SELECT count(*) AS items, sum(hash(item_id, title, categories, attributes)::HUGEINT) AS items_hash FROM items
),
user_totals AS (
    SELECT count(*) AS users, sum(hash(user_id, attributes)::HUGEINT) AS users_hash FROM users
)
SELECT * FROM event_totals, item_totals, user_totals
