-- Films out of `movies`, with the ten tags that most users gave them; of equals the first of the alphabet.
INSERT INTO staged_items BY NAME
WITH counted AS (
    SELECT item_id, tag, count(DISTINCT user_id) AS users
    FROM tags
    GROUP BY item_id, tag
),
tagged AS (
    SELECT item_id, list(tag ORDER BY users DESC, tag)[:10] AS tags
    FROM counted
    GROUP BY item_id
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    item_id,
    CASE WHEN NOT is_blank(title) THEN trim(title) END AS title,
    coalesce(genres, []) AS categories,
    json_merge_patch('{}', json_object(
        'release_year', try_cast(regexp_extract(title, '\((\d{4})\)\s*$', 1) AS INTEGER), 'tags', tags
    ))::VARCHAR AS attributes,
    CASE WHEN is_blank(item_id) THEN 'no item_id' END AS reason
FROM movies
LEFT JOIN tagged USING (item_id);
