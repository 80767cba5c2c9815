-- Tags as they were given, in small letters.
CREATE OR REPLACE TEMP TABLE tags AS
SELECT user_id, item_id, lower(trim(tag)) AS tag, seconds
FROM read_csv(
    $file,
    auto_detect = false,
    header = $header,
    delim = $delimiter,
    quote = $quote,
    escape = $quote,
    encoding = $encoding,
    columns = $columns
)
WHERE NOT is_blank(tag);
