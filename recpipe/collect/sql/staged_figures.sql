-- One row: how this batch compares with what came before. A figure is NULL where there is nothing to compare
-- with: `read_rows` if no file of events is new, the distance of types before there are events, the share of
-- unknown items while no item is described.
CREATE OR REPLACE TABLE staged_figures AS
WITH earlier AS (
    SELECT read
    FROM ingestions
    WHERE source = $source AND read > 0
    ORDER BY ingestion_id DESC
    LIMIT 5
),
usual AS (SELECT count(*) AS earlier_runs, median(read) AS usual_rows FROM earlier),
staged AS (
    SELECT count(*) AS staged_rows, count(*) FILTER (reason IS NULL) AS usable_rows, max(event_at) AS newest
    FROM staged_events
),
new_types AS (
    SELECT event_type, count(*) / sum(count(*)) OVER () AS share
    FROM staged_events
    WHERE reason IS NULL
    GROUP BY event_type
),
old_types AS (
    SELECT event_type, count(*) / sum(count(*)) OVER () AS share FROM events GROUP BY event_type
),
types AS (
    SELECT sum(abs(coalesce(new_types.share, 0) - coalesce(old_types.share, 0))) / 2 AS distance
    FROM new_types
    FULL JOIN old_types USING (event_type)
),
described AS (
    SELECT item_id FROM items
    UNION
    SELECT item_id FROM staged_items WHERE reason IS NULL
),
acted_on AS (
    SELECT item_id, count(*) AS events FROM staged_events WHERE reason IS NULL GROUP BY item_id
),
unknown AS (SELECT sum(events) AS events FROM acted_on ANTI JOIN described USING (item_id))
SELECT
    earlier_runs,
    usual_rows,
    CASE WHEN $has_event_files THEN staged_rows END AS read_rows,
    usable_rows,
    (epoch($now::TIMESTAMP) - epoch(newest)) / 86400 AS age_days,
    $fresh_days::DOUBLE AS fresh_days,
    CASE WHEN EXISTS (FROM events) AND usable_rows > 0 THEN types.distance END AS type_distance,
    CASE
        WHEN EXISTS (FROM described) AND usable_rows > 0 THEN coalesce(unknown.events, 0) / usable_rows
    END AS unknown_item_share
FROM usual, staged, types, unknown;
