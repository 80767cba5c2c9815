-- The figures of the workspace's data. The fingerprint of a table is the sum of its rows' hashes: it
-- depends on the rows only, not on their order nor on when they came.
WITH event_figures AS (
    SELECT
        count(*) AS events,
        count(DISTINCT user_id) AS users,
        count(DISTINCT item_id) AS items,
        min(event_at) AS first_event_at,
        max(event_at) AS last_event_at,
        coalesce(sum(hash(user_id, item_id, event_type, event_at, value, event_order, event_id)::HUGEINT), 0) AS print
    FROM events
),
item_figures AS (
    SELECT
        count(*) AS described_items,
        coalesce(sum(hash(item_id, title, categories, attributes, price, available_from, available_until)::HUGEINT), 0) AS print
    FROM items
),
user_figures AS (
    SELECT count(*) AS described_users, coalesce(sum(hash(user_id, attributes)::HUGEINT), 0) AS print
    FROM users
)
SELECT
    events,
    users,
    items,
    described_items,
    described_users,
    first_event_at,
    last_event_at,
    event_figures.print::VARCHAR AS events_print,
    item_figures.print::VARCHAR AS items_print,
    user_figures.print::VARCHAR AS users_print
FROM event_figures, item_figures, user_figures;
