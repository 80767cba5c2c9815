-- Items of the catalogue without any event, numbered after those that have one, in the order of their ids.
COPY (
    WITH
    known AS (
        SELECT item_id, item_index FROM read_parquet($items)
    ),
    fresh AS (
        SELECT
            row_number() OVER (ORDER BY item_id)::INTEGER + (SELECT count(*) FROM known)::INTEGER AS item_index,
            item_id,
            title,
            coalesce(categories, []) AS categories,
            coalesce(attributes, '{}') AS attributes,
            available_from,
            available_until,
            price
        FROM items
        ANTI JOIN known USING (item_id)
    )
    SELECT
        item_index, -- row of the item, after those of the table items
        item_id, -- the item's own name
        title, -- what lists show
        categories, -- the category path, from the top
        attributes, -- what else is known of the item, a JSON object
        price, -- the catalogue's price
        available_from, -- time from which it can be had, UTC; none: always
        available_until -- time up to which it can be had, UTC; none: always
    FROM fresh
    ORDER BY item_index
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
