-- Events of one Parquet file, its columns found by their names there.
INSERT INTO staged_events BY NAME
WITH recpipe_row AS (
    SELECT *, NULL::VARCHAR AS "recpipe: no such column"
    FROM read_parquet($file, file_row_number = true, binary_as_string = true)
),
raw AS (
    SELECT
        file_row_number + 1 AS row_number,
        id_text(recpipe_row[$user_id]) AS user_id,
        id_text(recpipe_row[$item_id]) AS item_id,
        our_type(recpipe_row[$event_type]::VARCHAR) AS event_type,
        recpipe_row[$timestamp] AS moment,
        recpipe_row[$value] AS value,
        recpipe_row[$event_order] AS event_order,
        id_text(recpipe_row[$event_id]) AS event_id,
        NULL::VARCHAR AS problem
    FROM recpipe_row
)
FROM judged_events(raw, $ingestion_id, $file, $time_format, $sample);
