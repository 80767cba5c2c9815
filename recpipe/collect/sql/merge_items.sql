-- The newest word on an item wins: of several rows the last, over what is in items already. A word that
-- says something new is kept in item_history too.
CREATE OR REPLACE TEMP TABLE newest_items AS
WITH staged AS (
    SELECT
        item_id,
        max_by(
            {
                title: title,
                categories: categories,
                attributes: attributes,
                price: price,
                available_from: available_from,
                available_until: available_until
            },
            rowid
        ) AS newest
    FROM staged_items
    WHERE reason IS NULL
    GROUP BY item_id
),
words AS (SELECT item_id, unnest(newest) FROM staged)
FROM words
EXCEPT
FROM items;

DELETE FROM items
USING newest_items
WHERE items.item_id = newest_items.item_id;

INSERT INTO item_history BY NAME
SELECT *, $ingestion_id AS ingestion_id FROM newest_items;

INSERT INTO items BY NAME
FROM newest_items;
