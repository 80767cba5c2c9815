-- The same as faded_events by segment: users of the same values of all $attributes, the largest segments first.
WITH
users AS (
    SELECT
        item_indices,
        event_ats,
        list_transform($attributes::VARCHAR[], lambda name: coalesce(json_extract_string(attributes, name), 'null')) AS segment
    FROM read_parquet($interactions)
),
segments AS (
    SELECT segment, row_number() OVER (ORDER BY count(*) DESC, segment) AS number
    FROM users
    WHERE NOT list_has_all(['null'], segment)
    GROUP BY segment
    QUALIFY number <= $segments
),
apart AS (
    SELECT number, segment, unnest(item_indices) AS item_index, unnest(event_ats) AS event_at
    FROM users
    JOIN segments USING (segment)
)
SELECT
    number,
    segment,
    item_index,
    sum(round(1e9 * pow(0.5, date_diff('microsecond', event_at, $newest::TIMESTAMP) / (86_400_000_000 * $half_life_days)))::BIGINT)::BIGINT AS weight,
    count(*) AS events
FROM apart
GROUP BY number, segment, item_index
ORDER BY number, item_index
