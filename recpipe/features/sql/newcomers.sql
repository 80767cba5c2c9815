-- Users with events and items that the other snapshot does not know, and those that are gone, in numbers.
WITH
users_here AS (
    SELECT user_id FROM read_parquet($users_here) WHERE len(item_indices) > 0
),
users_there AS (
    SELECT user_id FROM read_parquet($users_there) WHERE len(item_indices) > 0
),
items_here AS (
    SELECT item_id FROM read_parquet($items_here)
),
items_there AS (
    SELECT item_id FROM read_parquet($items_there)
)
SELECT
    (SELECT count(*) FROM users_here ANTI JOIN users_there USING (user_id)) AS new_users,
    (SELECT count(*) FROM users_there ANTI JOIN users_here USING (user_id)) AS gone_users,
    (SELECT count(*) FROM items_here ANTI JOIN items_there USING (item_id)) AS new_items,
    (SELECT count(*) FROM items_there ANTI JOIN items_here USING (item_id)) AS gone_items
