-- Households of The Complete Journey that told their demographics; what they left out is left out.
INSERT INTO staged_users BY NAME
WITH households AS (
    SELECT * EXCLUDE (household_id), household_id::VARCHAR AS user_id
    FROM read_parquet($file, file_row_number = true)
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    file_row_number + 1 AS row_number,
    user_id,
    json_merge_patch(
        '{}', json_merge_patch(to_json(households), '{"user_id": null, "file_row_number": null}')
    )::VARCHAR AS attributes
FROM households
WHERE is_sampled(user_id, $sample);
