-- Users out of documents: the id, and everything else as attributes; nulls are left out.
INSERT INTO staged_users BY NAME
WITH users AS (
    SELECT *, json_id(json_extract_string(document, $user_id), json_type(document, $user_id)) AS user_id
    FROM documents
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    user_id,
    json_merge_patch('{}', json_merge_patch(document, $not_attributes))::VARCHAR AS attributes,
    CASE WHEN reason IS NULL AND is_blank(user_id) THEN 'no user_id' ELSE reason END AS reason,
    bad_column_of(reason) AS bad_column,
    coalesce(content, CASE WHEN is_blank(user_id) THEN left(document, 200) END) AS content
FROM users
WHERE is_sampled(user_id, $sample);
