-- Films with a column for each genre, called genre_…, 1 where they are of it; $genres are their names.
CREATE OR REPLACE TEMP TABLE movies AS
SELECT
    row_number() OVER () AS row_number,
    item_id,
    title,
    list_where($genres, list_transform(list_value(*COLUMNS('^genre_')), lambda flag: flag = '1')) AS genres
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
