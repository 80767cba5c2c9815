-- Events of one NDJSON file: a JSON object a line, read as text and taken apart here, so that a broken
-- line is one bad row. Its values are found by JSON pointers.
INSERT INTO staged_events BY NAME
WITH file AS (
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
),
documents AS (
    SELECT row_number, line, CASE WHEN json_valid(line) THEN line END AS document
    FROM file
    WHERE NOT is_blank(line)
),
parts AS (
    SELECT
        *,
        json_extract_string(
            document, [$user_id, $item_id, $event_type, $timestamp, $value, $event_order, $event_id]
        ) AS texts,
        json_type(document, [$user_id, $item_id, $event_id]) AS types
    FROM documents
),
raw AS (
    SELECT
        row_number,
        -- a broken line has no user; its text takes the place, to be shown in the quarantine
        CASE WHEN document IS NULL THEN left(line, 200) ELSE json_id(texts[1], types[1]) END AS user_id,
        json_id(texts[2], types[2]) AS item_id,
        our_type(texts[3]) AS event_type,
        texts[4] AS moment,
        texts[5] AS value,
        texts[6] AS event_order,
        json_id(texts[7], types[3]) AS event_id,
        CASE WHEN document IS NULL THEN 'no JSON object' END AS problem
    FROM parts
)
FROM judged_events(raw, $ingestion_id, $file, $time_format, $sample);
