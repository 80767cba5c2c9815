-- Every item with an event, and its index. The items that models know come first, so that a vocabulary
-- is a prefix; within each group the order is that of the ids, so nothing later moves an index.
COPY (
    WITH
    counted AS (
        SELECT
            item_id,
            count(*) FILTER (part < 3) AS events_before_test,
            CASE
                WHEN events_before_test >= $min_item_events THEN 1
                WHEN events_before_test > 0 THEN 2
                ELSE 3
            END AS standing
        FROM placed_events
        GROUP BY item_id
    ),
    indexed AS (
        SELECT item_id, row_number() OVER (ORDER BY standing, item_id)::INTEGER AS item_index FROM counted
    )
    SELECT
        indexed.item_index,
        indexed.item_id,
        items.title,
        coalesce(items.categories, []) AS categories,
        coalesce(items.attributes, '{}') AS attributes
    FROM indexed
    LEFT JOIN items USING (item_id)
    ORDER BY indexed.item_index
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
