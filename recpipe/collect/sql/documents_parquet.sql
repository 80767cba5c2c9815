-- Rows of one Parquet file of items or users. JSON has no NaN and no infinities: such an attribute is none.
INSERT INTO documents BY NAME
WITH recpipe_row AS (
    SELECT
        CASE
            WHEN typeof(COLUMNS(*)) IN ('DOUBLE', 'FLOAT') AND COLUMNS(*)::VARCHAR IN ('nan', 'inf', '-inf') THEN NULL
            ELSE COLUMNS(*)
        END
    FROM read_parquet($file, file_row_number = true, binary_as_string = true)
)
SELECT
    file_row_number + 1 AS row_number,
    json_merge_patch(to_json(recpipe_row), '{"file_row_number": null}') AS document
FROM recpipe_row;
