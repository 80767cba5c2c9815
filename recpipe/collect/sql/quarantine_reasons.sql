-- The quarantine by reason: how many rows, from which files, and the newest examples.
WITH numbered AS (
    SELECT *, row_number() OVER (PARTITION BY table_name, reason ORDER BY ingestion_id DESC, file, row_number) AS place
    FROM quarantine
    WHERE $reason IN ('', reason)
)
SELECT
    table_name,
    reason,
    count(*) AS refused_rows,
    count(DISTINCT file) AS files,
    list(
        {file: file, row_number: row_number, bad_column: bad_column, bad_value: bad_value, content: content}
        ORDER BY place
    ) FILTER (place <= $examples) AS examples
FROM numbered
GROUP BY table_name, reason
ORDER BY refused_rows DESC, table_name, reason;
