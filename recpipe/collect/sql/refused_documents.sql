-- As refused_events.sql: number the rows by the lines of the file, and add the refused lines.
UPDATE documents
SET row_number = numbered.line
FROM (
    SELECT bad.rowid AS bad_row, bad.row_number + refused_up_to_here AS line
    FROM documents AS bad
    ASOF JOIN refused_lines() AS refused ON bad.row_number > refused.accepted_before
) AS numbered
WHERE documents.rowid = numbered.bad_row;

INSERT INTO documents BY NAME
SELECT line AS row_number, reason, content
FROM refused_lines();

DELETE FROM reject_errors;
