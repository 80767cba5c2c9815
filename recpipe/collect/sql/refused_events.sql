-- After a scan of $file: bad rows are numbered by the accepted lines so far; count the refused ones in.
UPDATE staged_events
SET row_number = numbered.line
FROM (
    SELECT bad.rowid AS bad_row, bad.row_number + refused_up_to_here AS line
    FROM staged_events AS bad
    ASOF JOIN refused_lines() AS refused ON bad.row_number > refused.accepted_before
    WHERE bad.file = $file AND bad.reason IS NOT NULL
) AS numbered
WHERE staged_events.rowid = numbered.bad_row;

-- The refused lines themselves are bad rows too.
INSERT INTO staged_events BY NAME
SELECT $ingestion_id AS ingestion_id, $file AS file, line AS row_number, reason, content
FROM refused_lines();

DELETE FROM reject_errors;
