-- As documents_parquet.sql, out of one NDJSON file, read line by line; a broken line is one bad row.
INSERT INTO documents BY NAME
WITH lines AS (
    SELECT line, row_number() OVER () AS row_number
    FROM read_csv(
        $file,
        auto_detect = false,
        header = false,
        delim = chr(1),
        quote = '',
        escape = '',
        encoding = $encoding,
        columns = {line: 'VARCHAR'},
        store_rejects = true
    )
)
SELECT
    row_number,
    CASE WHEN json_valid(line) THEN line END AS document,
    CASE WHEN NOT json_valid(line) THEN 'no JSON object' END AS reason,
    CASE WHEN NOT json_valid(line) THEN left(line, 200) END AS content
FROM lines
WHERE NOT is_blank(line);
