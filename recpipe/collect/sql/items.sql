-- Items out of documents. What is neither id, title nor categories is an attribute; nulls are left out.
INSERT INTO staged_items BY NAME
WITH texts AS (
    SELECT *, json_extract_string(document, [$item_id, $title, $categories]) AS text
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
        reason
    FROM texts
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    item_id,
    CASE WHEN NOT is_blank(title) THEN trim(title) END AS title,
    coalesce(list_filter(list_transform(categories, lambda c: trim(c)), lambda c: c <> ''), []) AS categories,
    json_merge_patch('{}', json_merge_patch(document, $not_attributes))::VARCHAR AS attributes,
    CASE WHEN reason IS NULL AND is_blank(item_id) THEN 'no item_id' ELSE reason END AS reason,
    coalesce(content, CASE WHEN is_blank(item_id) THEN left(document, 200) END) AS content
FROM items;
