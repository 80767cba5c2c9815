-- The newest word on an item wins: of several rows the last, over what is in items already.
CREATE OR REPLACE TEMP TABLE newest_items AS
SELECT item_id, max_by({title: title, categories: categories, attributes: attributes}, rowid) AS newest
FROM staged_items
WHERE reason IS NULL
GROUP BY item_id;

DELETE FROM items
USING newest_items
WHERE items.item_id = newest_items.item_id;

INSERT INTO items BY NAME
SELECT item_id, newest.title AS title, newest.categories AS categories, newest.attributes AS attributes
FROM newest_items;
