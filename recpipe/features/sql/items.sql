-- Every item with an event, and its index. The items that models know come first, so that a vocabulary
-- is a prefix; within each group the order is that of the ids, so nothing later moves an index.
--
-- Prices: the catalogue's, else the middle one paid in the train part; so no moment sees a later one.
COPY (
    WITH
    counted AS (
        SELECT
            item_id,
            count(*) FILTER (part < 3) AS events_before_test,
            count(*) FILTER (part = 1) AS train_events,
            quantile_disc(value, 0.5) FILTER (part = 1 AND value > 0 AND isfinite(value)) AS price_paid,
            CASE
                WHEN events_before_test >= $min_item_events THEN 1
                WHEN events_before_test > 0 THEN 2
                ELSE 3
            END AS standing
        FROM placed_events
        GROUP BY item_id
    ),
    described AS (
        SELECT
            row_number() OVER (ORDER BY standing, item_id)::INTEGER AS item_index,
            counted.item_id,
            items.title,
            coalesce(items.categories, []) AS categories,
            coalesce(items.attributes, '{}') AS attributes,
            items.available_from,
            items.available_until,
            coalesce(items.price, price_paid) AS known_price,
            known_price IS NOT NULL AND train_events > 0 AS sets_prices
        FROM counted
        LEFT JOIN items USING (item_id)
    )
    SELECT
        item_index, -- row of the item, from 1; those that models know come first
        item_id, -- the item's own name
        title, -- what lists show
        categories, -- the category path, from the top
        attributes, -- what else is known of the item, a JSON object
        known_price AS price, -- the catalogue's price, else the middle one paid in the train part
        available_from, -- time from which it can be had, UTC; none: always
        available_until, -- time up to which it can be had, UTC; none: always
        CASE WHEN known_price IS NOT NULL THEN count(*) FILTER (sets_prices) OVER up_to / nullif(count(*) FILTER (sets_prices) OVER all_of, 0) END AS price_position -- share of the category's priced items of the train part that cost no more, 0 to 1
    FROM described
    WINDOW
        all_of AS (PARTITION BY categories[1]),
        up_to AS (PARTITION BY categories[1] ORDER BY known_price)
    ORDER BY item_index
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
