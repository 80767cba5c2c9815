-- Why staged rows are unusable: how many of them and which share of their table, the share above which
-- that is too much (`stop_shares`; all reasons together are called any), and the first example.
CREATE OR REPLACE TABLE staged_reasons AS
WITH limits AS (
    SELECT unnest($reasons::VARCHAR[]) AS reason, unnest($shares::DOUBLE[]) AS most
),
refused AS (
    SELECT reason, file, row_number, content FROM staged_events WHERE reason IS NOT NULL
    UNION ALL
    SELECT 'items: ' || reason, file, row_number, content FROM staged_items WHERE reason IS NOT NULL
    UNION ALL
    SELECT 'users: ' || reason, file, row_number, content FROM staged_users WHERE reason IS NOT NULL
),
totals AS (
    SELECT
        (SELECT count(*) FROM staged_events) AS events,
        (SELECT count(*) FROM staged_items) AS items,
        (SELECT count(*) FROM staged_users) AS users
),
counted AS (
    SELECT
        reason,
        count(*) AS refused_rows,
        min({file: file, row_number: row_number, content: coalesce(content, '')}) AS first
    FROM refused
    GROUP BY reason
    UNION ALL
    SELECT 'any', count(*), min({file: file, row_number: row_number, content: coalesce(content, '')})
    FROM refused
    WHERE NOT starts_with(reason, 'items: ') AND NOT starts_with(reason, 'users: ')
    HAVING count(*) > 0
),
placed AS (
    SELECT
        counted.*,
        CASE left(reason, 7) WHEN 'items: ' THEN items WHEN 'users: ' THEN users ELSE events END AS read_rows
    FROM counted, totals
)
SELECT
    reason,
    refused_rows,
    read_rows,
    refused_rows / read_rows AS share,
    coalesce(limits.most, CASE reason WHEN 'any' THEN 0.5 ELSE 1.0 END) AS most,
    first
FROM placed
LEFT JOIN limits USING (reason)
ORDER BY refused_rows DESC, reason;

SELECT reason, refused_rows, first
FROM staged_reasons
WHERE reason <> 'any'
ORDER BY refused_rows DESC, reason;
