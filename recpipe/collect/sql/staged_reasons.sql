-- Why staged rows are unusable, how many of them, and the first example of each reason.
WITH refused AS (
    SELECT reason, file, row_number, content FROM staged_events WHERE reason IS NOT NULL
    UNION ALL
    SELECT 'items: ' || reason, file, row_number, content FROM staged_items WHERE reason IS NOT NULL
    UNION ALL
    SELECT 'users: ' || reason, file, row_number, content FROM staged_users WHERE reason IS NOT NULL
)
SELECT
    reason,
    count(*) AS refused_rows,
    min({file: file, row_number: row_number, content: coalesce(content, '')}) AS first
FROM refused
GROUP BY reason
ORDER BY refused_rows DESC, reason;
