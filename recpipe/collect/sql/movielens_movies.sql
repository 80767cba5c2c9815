-- Films whose genres stand in one text.
CREATE OR REPLACE TEMP TABLE movies AS
SELECT
    row_number() OVER () + CASE WHEN $header THEN 1 ELSE 0 END AS row_number,
    item_id,
    title,
    list_filter(string_split(genres, '|'), lambda genre: genre NOT IN ('', '(no genres listed)')) AS genres
FROM read_csv(
    $file,
    auto_detect = false,
    header = $header,
    delim = $delimiter,
    quote = $quote,
    escape = $quote,
    encoding = $encoding,
    columns = $columns
);
