-- Items out of documents. What is neither id, title, categories nor a time is an attribute (the price is one
-- too: models learn from attributes); nulls are left out.
INSERT INTO staged_items BY NAME
WITH texts AS (
    SELECT *, json_extract_string(
            document, [$item_id, $title, $categories, $price, $available_from, $available_until]
        ) AS text
    FROM documents
),
items AS (
    SELECT
        row_number,
        document,
        content,
        json_id(text[1], json_type(document, $item_id)) AS item_id,
        text[2] AS title,
        CASE
            WHEN json_type(document, $categories) = 'ARRAY' THEN text[3]::JSON::VARCHAR[]
            ELSE string_split(text[3], '|')
        END AS categories,
        text[4:6] AS offer,
        try_cast(text[4] AS DOUBLE) AS price,
        read_iso(text[5]) AS available_from,
        read_iso(text[6]) AS available_until,
        reason
    FROM texts
),
judged AS (
    SELECT
        * EXCLUDE reason,
        CASE
            WHEN reason IS NOT NULL THEN reason
            WHEN is_blank(item_id) THEN 'no item_id'
            WHEN NOT is_blank(offer[1]) AND (price IS NULL OR NOT isfinite(price) OR price < 0) THEN 'unreadable price'
            WHEN NOT is_blank(offer[2]) AND available_from IS NULL THEN 'unreadable available_from'
            WHEN NOT is_blank(offer[3]) AND available_until IS NULL THEN 'unreadable available_until'
        END AS reason
    FROM items
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    item_id,
    CASE WHEN NOT is_blank(title) THEN trim(title) END AS title,
    coalesce(list_filter(list_transform(categories, lambda c: trim(c)), lambda c: c <> ''), []) AS categories,
    json_merge_patch('{}', json_merge_patch(document, $not_attributes))::VARCHAR AS attributes,
    price,
    available_from,
    available_until,
    reason,
    bad_column_of(reason) AS bad_column,
    CASE bad_column_of(reason)
        WHEN 'price' THEN left(offer[1], 80)
        WHEN 'available_from' THEN left(offer[2], 80)
        WHEN 'available_until' THEN left(offer[3], 80)
    END AS bad_value,
    coalesce(content, CASE WHEN reason IS NOT NULL THEN left(document, 200) END) AS content
FROM judged;
