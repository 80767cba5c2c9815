-- The simulated shop's catalogue: categories in groups of five.
INSERT INTO staged_items BY NAME
SELECT
    $ingestion_id AS ingestion_id,
    'simulated' AS file,
    range + 1 AS row_number,
    item_name(range, $items) AS item_id,
    'Thing ' || item_rank(range, $categories) || ' of category ' || item_category(range, $categories) AS title,
    [
        'Group ' || item_category(range, $categories) // 5,
        'Category ' || item_category(range, $categories)
    ] AS categories,
    json_object('price', round(5 + 95 * pow(draw($seed, 'price', range), 3), 2))::VARCHAR AS attributes
FROM range($items);
