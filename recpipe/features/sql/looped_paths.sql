-- An item whose category path comes back to a category after another one: a > b > a.
WITH
steps AS (
    SELECT
        item_id,
        categories,
        -- one category twice in a row is one step
        list_filter(categories, lambda category, place: place = 1 OR category <> categories[place - 1]) AS path
    FROM items
)
SELECT item_id, categories
FROM steps
WHERE len(path) > len(list_distinct(path))
ORDER BY item_id
LIMIT 1
