-- Events of one CSV file. Its lines are numbered as an editor does: the header is line 1. Ragged and
-- broken lines are in reject_errors afterwards (see refused_events.sql).
INSERT INTO staged_events BY NAME
WITH recpipe_row AS (
    SELECT *, NULL::VARCHAR AS "recpipe: no such column", row_number() OVER () + 1 AS line
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
),
raw AS (
    SELECT
        line AS row_number,
        recpipe_row[$user_id] AS user_id,
        recpipe_row[$item_id] AS item_id,
        our_type(recpipe_row[$event_type]) AS event_type,
        recpipe_row[$timestamp] AS moment,
        recpipe_row[$value] AS value,
        recpipe_row[$event_order] AS event_order,
        recpipe_row[$event_id] AS event_id,
        NULL::VARCHAR AS problem
    FROM recpipe_row
)
FROM judged_events(raw, $ingestion_id, $file, $time_format, $sample);
