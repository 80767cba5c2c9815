-- Of raters nothing is told but the tags they gave: the ten most frequent, of equals the first.
INSERT INTO staged_users BY NAME
WITH counted AS (
    SELECT user_id, tag, count(*) AS times
    FROM tags
    GROUP BY user_id, tag
),
tagged AS (
    SELECT user_id, list(tag ORDER BY times DESC, tag)[:10] AS tags
    FROM counted
    GROUP BY user_id
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number() OVER (ORDER BY user_id) AS row_number,
    user_id,
    json_object('tags', tags)::VARCHAR AS attributes
FROM tagged
WHERE is_sampled(user_id, $sample);
