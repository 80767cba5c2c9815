-- One row a recommendation, and one for a user who got none, with what a judge needs beside it.
-- was_seen: the user had the item before. previous_score: the score one rank above.
-- places_left: items that the user has not had, of those the model or the popular list can name.
CREATE TABLE checked_lists AS
WITH
lists AS (
    SELECT user_id, item_id, rank, score FROM read_parquet($lists)
),

histories AS (
    SELECT user_id, list_distinct(item_indices) AS item_indices FROM read_parquet($interactions)
),

items AS (
    SELECT item_index, item_id FROM read_parquet($items)
),

model_items AS (
    SELECT item_index
    FROM items
    SEMI JOIN read_parquet($vocabulary) USING (item_id)
),

without_list AS (
    SELECT user_id, item_indices
    FROM histories
    ANTI JOIN lists USING (user_id)
),

seen_of_the_model AS (
    SELECT user_id, count(*) AS seen
    FROM (SELECT user_id, unnest(item_indices) AS item_index FROM without_list)
    SEMI JOIN model_items USING (item_index)
    GROUP BY user_id
),

unserved AS (
    SELECT
        user_id,
        (SELECT count(*) FROM model_items) - if($seen = 'exclude', coalesce(seen, 0), 0) AS places_left
    FROM without_list
    LEFT JOIN seen_of_the_model USING (user_id)
),

served AS (
    SELECT
        lists.user_id,
        lists.item_id,
        lists.rank,
        lists.score,
        lag(lists.score) OVER best_first AS previous_score,
        row_number() OVER best_first AS place,
        count(*) OVER (PARTITION BY lists.user_id, lists.item_id) AS times_listed,
        histories.user_id IS NOT NULL AS is_user,
        items.item_id IS NOT NULL AS is_item,
        coalesce(list_contains(histories.item_indices, items.item_index), FALSE) AS was_seen
    FROM lists
    LEFT JOIN histories ON lists.user_id = histories.user_id
    LEFT JOIN items ON lists.item_id = items.item_id
    WINDOW best_first AS (PARTITION BY lists.user_id ORDER BY lists.rank)
)

SELECT
    *,
    $k::INTEGER AS k,
    $seen = 'exclude' AS excludes_seen,
    TRUE AS is_served,
    NULL::BIGINT AS places_left
FROM served
UNION ALL BY NAME
SELECT
    user_id,
    FALSE AS is_served,
    places_left
FROM unserved;
