-- Lines that the CSV reader refused, one row each; `accepted_before` counts the lines it took before.
-- For use after a scan with store_rejects: before the first one there is no table reject_errors.
CREATE OR REPLACE TEMP MACRO refused_lines() AS TABLE
WITH refused AS (
    SELECT line, any_value(error_type) AS error_type, any_value(csv_line) AS csv_line
    FROM reject_errors
    GROUP BY line
)
SELECT
    line,
    line - row_number() OVER (ORDER BY line) AS accepted_before,
    row_number() OVER (ORDER BY line) AS refused_up_to_here,
    CASE error_type
        WHEN 'MISSING COLUMNS' THEN 'too few columns'
        WHEN 'TOO MANY COLUMNS' THEN 'too many columns'
        WHEN 'UNQUOTED VALUE' THEN 'wrong quoting'
        WHEN 'INVALID ENCODING' THEN 'not in the encoding of the file'
        WHEN 'LINE SIZE OVER MAXIMUM' THEN 'longer than 2 MB'
        ELSE lower(error_type)
    END AS reason,
    left(csv_line, 200) AS content
FROM refused;
