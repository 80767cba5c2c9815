-- Rows of the item features beside the vocabulary and the histories, for the suite `item_features`.
CREATE TABLE checked_item_features AS
WITH
histories AS (
    SELECT sum(train_count) AS train, sum(validation_count) AS validation, sum(test_count) AS test
    FROM read_parquet($interactions)
),
expected AS (
    SELECT
        unnest(['validation', 'test', 'now']) AS moment,
        unnest([train, train + validation, train + validation + test])::BIGINT AS moment_events
    FROM histories
),
features AS (
    SELECT *, count(*) FILTER (moment = 'test' AND events >= $min_item_events) OVER () AS known_items
    FROM read_parquet($item_features)
)
SELECT
    items.item_index,
    items.item_id,
    items.title,
    features.item_index AS feature_index,
    features.moment,
    features.as_of,
    features.events,
    features.recent_events,
    features.users,
    features.age_days,
    features.category,
    features.events_7_days,
    features.events_30_days,
    features.events_90_days,
    features.trend,
    features.conversion,
    features.price_position,
    items.price,
    expected.moment_events,
    features.known_items,
    $min_item_events::BIGINT AS min_item_events
FROM read_parquet($items) AS items
FULL JOIN features USING (item_index)
LEFT JOIN expected USING (moment)
