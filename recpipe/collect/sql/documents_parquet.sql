INSERT INTO documents BY NAME
WITH recpipe_row AS (
    SELECT *
    FROM read_parquet($file, file_row_number = true)
)
SELECT file_row_number + 1 AS row_number, json_merge_patch(to_json(recpipe_row), '{"file_row_number": null}') AS document
FROM recpipe_row;
