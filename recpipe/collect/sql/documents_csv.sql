-- As documents_parquet.sql, out of one CSV file; refused lines are in reject_errors afterwards.
INSERT INTO documents BY NAME
WITH recpipe_row AS (
    FROM read_csv(
        $file,
        auto_detect = false,
        header = true,
        delim = $delimiter,
        quote = '"',
        escape = '"',
        encoding = $encoding,
        columns = $columns,
        store_rejects = true
    )
)
SELECT row_number() OVER () + 1 AS row_number, to_json(recpipe_row) AS document
FROM recpipe_row;
