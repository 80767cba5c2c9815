-- Ratings: a favourite from the bound on, and what was rated all the same below it.
INSERT INTO staged_events BY NAME
WITH ratings AS (
    SELECT *, row_number() OVER () + CASE WHEN $header THEN 1 ELSE 0 END AS row_number
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
),
raw AS (
    SELECT
        row_number,
        user_id,
        item_id,
        CASE WHEN try_cast(rating AS DOUBLE) >= $favourite_from THEN 'favourite' ELSE 'rating' END AS event_type,
        seconds AS moment,
        rating AS value,
        NULL::BIGINT AS event_order,
        NULL::VARCHAR AS event_id,
        NULL::VARCHAR AS problem
    FROM ratings
)
FROM judged_events(raw, $ingestion_id, $file, 'epoch-s', $sample);
