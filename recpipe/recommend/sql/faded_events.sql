-- How often each item was had, an event counting half after $half_life_days; in whole billionths.
WITH
apart AS (
    SELECT unnest(item_indices) AS item_index, unnest(event_ats) AS event_at FROM read_parquet($interactions)
)
SELECT
    item_index,
    sum(round(1e9 * pow(0.5, date_diff('microsecond', event_at, $newest::TIMESTAMP) / (86_400_000_000 * $half_life_days)))::BIGINT)::BIGINT AS weight,
    count(*) AS events
FROM apart
GROUP BY item_index
ORDER BY item_index
