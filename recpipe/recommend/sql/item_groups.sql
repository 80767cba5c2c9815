-- The value of one attribute of each item that has it, numbered from 1; "category" is the top of the path.
WITH
valued AS (
    SELECT
        item_index,
        CASE WHEN $attribute = 'category' THEN categories[1] ELSE json_extract_string(attributes, $attribute) END AS value
    FROM read_parquet($items, union_by_name = true)
)
SELECT item_index, dense_rank() OVER (ORDER BY value) AS item_group
FROM valued
WHERE value IS NOT NULL
ORDER BY item_index
