-- Figures of each history, one row per user, for the suite `interactions`.
CREATE TABLE checked_interactions AS
WITH
histories AS (
    SELECT
        *,
        event_ats[:train_count] AS train_ats,
        event_ats[train_count + 1:train_count + validation_count] AS validation_ats,
        event_ats[train_count + validation_count + 1:] AS test_ats
    FROM read_parquet($interactions)
),
items AS (
    SELECT coalesce(max(item_index), 0) AS last_item FROM read_parquet($items)
)
SELECT
    histories.user_id,
    histories.train_count,
    histories.validation_count,
    histories.test_count,
    -- list_count counts what is not null
    [list_count(item_indices), list_count(histories.event_types), list_count(event_ats)] AS filled_lengths,
    greatest(len(item_indices), len(histories.event_types), len(event_ats)) AS longest_length,
    event_ats = list_sort(event_ats) AS is_chronological,
    list_min(item_indices) AS least_item,
    list_max(item_indices) AS greatest_item,
    items.last_item,
    list_min(histories.event_types) AS least_type,
    list_max(histories.event_types) AS greatest_type,
    $event_types::INTEGER AS last_type,
    list_max(train_ats) AS last_train_at,
    list_min(validation_ats) AS first_validation_at,
    list_max(validation_ats) AS last_validation_at,
    list_min(test_ats) AS first_test_at,
    list_max(test_ats) AS last_test_at,
    $validation_from::TIMESTAMP AS validation_from,
    $test_from::TIMESTAMP AS test_from
FROM histories, items
