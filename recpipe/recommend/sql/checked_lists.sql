-- One row a recommendation, and one for a user who got none, with what a judge needs beside it.
-- was_seen: the user had the item before, at $since (microseconds since 1970) or later if that is given.
-- is_barred: the user must not get it (a block, or the last event with it took it back).
-- previous_score: the score one rank above. most_of_a_kind: how far the list is over a cap, at most 0 if none.
-- coverage, item_share and overlap stand in one row of their own: the share of the items that could be had
-- which is in a list; the share of the lists that hold the same item; and the share of the places, of those
-- users who had a list before, whose item was in that list.
-- places_left: items that the user could have got, of those the model or the popular list can name.
CREATE TABLE checked_lists AS
WITH
lists AS (
    SELECT user_id, item_id, rank, score, variant, propensity, model_version, generated_at FROM read_parquet($lists)
),

blocked AS (
    SELECT user_id, list(item_index) AS item_indices FROM read_parquet($blocked) GROUP BY user_id
),

histories AS (
    SELECT
        user_id,
        CASE
            WHEN NOT $excludes_seen THEN []
            WHEN $since IS NULL THEN list_distinct(interactions.item_indices)
            ELSE list_distinct(list_filter(interactions.item_indices, lambda item, i: epoch_us(event_ats[i]) >= $since))
        END AS seen_indices,
        list_concat(
            coalesce(blocked.item_indices, []),
            CASE
                WHEN list_min($weights::FLOAT[]) <= 0
                    THEN list_filter(
                        interactions.item_indices,
                        lambda item, i: CASE
                            WHEN list_extract($weights::FLOAT[], event_types[i]) <= 0
                                THEN NOT list_contains(interactions.item_indices[i + 1:], item)
                            ELSE FALSE
                        END
                    )
                ELSE []
            END
        ) AS barred_indices
    FROM read_parquet($interactions) AS interactions
    LEFT JOIN blocked USING (user_id)
),

items AS (
    SELECT item_index, item_id, available_from, available_until, is_allowed
    FROM read_parquet($items, union_by_name = true) AS catalogue
    JOIN read_parquet($allowed) AS allowed USING (item_index)
),

model_items AS (
    SELECT item_index
    FROM items
    SEMI JOIN (
        -- what all variants know: an empty list is not told whose it would be
        SELECT item_id
        FROM read_parquet($vocabularies::VARCHAR[])
        GROUP BY item_id
        HAVING count(*) = len($vocabularies::VARCHAR[])
    ) USING (item_id)
    WHERE is_allowed
),

over_caps AS (
    SELECT user_id, max(listed - at_most) AS most_of_a_kind
    FROM (
        SELECT user_id, cap, item_group, at_most, count(*) AS listed
        FROM lists
        JOIN items USING (item_id)
        JOIN read_parquet($caps) AS caps USING (item_index)
        GROUP BY ALL
    )
    GROUP BY user_id
),

without_list AS (
    SELECT user_id, list_distinct(list_concat(seen_indices, barred_indices)) AS item_indices
    FROM histories
    ANTI JOIN lists USING (user_id)
),

withheld AS (
    SELECT user_id, count(*) AS items
    FROM (SELECT user_id, unnest(item_indices) AS item_index FROM without_list)
    SEMI JOIN model_items USING (item_index)
    GROUP BY user_id
),

unserved AS (
    SELECT user_id, (SELECT count(*) FROM model_items) - coalesce(withheld.items, 0) AS places_left
    FROM without_list
    LEFT JOIN withheld USING (user_id)
),

previous AS (
    SELECT user_id, item_id FROM read_parquet($previous)
),

figures AS (
    SELECT
        (SELECT count(DISTINCT item_id) FROM lists) / nullif((SELECT count(*) FROM model_items), 0) AS coverage,
        (SELECT max(listed) FROM (SELECT count(*) AS listed FROM lists GROUP BY item_id))
        / (SELECT count(DISTINCT user_id) FROM lists) AS item_share,
        (
            SELECT avg(if(previous.item_id IS NULL, 0, 1))
            FROM (SELECT user_id, item_id FROM lists SEMI JOIN previous USING (user_id)) AS again
            LEFT JOIN previous ON again.user_id = previous.user_id AND again.item_id = previous.item_id
        ) AS overlap
),

served AS (
    SELECT
        lists.user_id,
        lists.item_id,
        lists.rank,
        lists.score,
        lists.variant,
        lists.propensity,
        lists.model_version,
        lists.generated_at,
        -- what is explored has no order; an own place has at least 0.5, a drawn one less
        min(lists.propensity) OVER (PARTITION BY lists.user_id) < 0.5 AS is_explored,
        lag(lists.score) OVER best_first AS previous_score,
        row_number() OVER best_first AS place,
        count(*) OVER (PARTITION BY lists.user_id, lists.item_id) AS times_listed,
        histories.user_id IS NOT NULL AS is_user,
        items.item_id IS NOT NULL AS is_item,
        coalesce(list_contains(histories.seen_indices, items.item_index), FALSE) AS was_seen,
        coalesce(list_contains(histories.barred_indices, items.item_index), FALSE) AS is_barred,
        coalesce(available_from <= $available_at::TIMESTAMP, TRUE)
        AND coalesce(available_until >= $available_at::TIMESTAMP, TRUE) AS is_available,
        coalesce(is_allowed, TRUE) AS is_allowed,
        coalesce(most_of_a_kind, 0) AS most_of_a_kind
    FROM lists
    LEFT JOIN histories ON lists.user_id = histories.user_id
    LEFT JOIN items ON lists.item_id = items.item_id
    LEFT JOIN over_caps ON lists.user_id = over_caps.user_id
    WINDOW best_first AS (PARTITION BY lists.user_id ORDER BY lists.rank)
)

SELECT
    *,
    $k::INTEGER AS k,
    TRUE AS is_served,
    NULL::BIGINT AS places_left
FROM served
UNION ALL BY NAME
SELECT
    user_id,
    FALSE AS is_served,
    places_left
FROM unserved
UNION ALL BY NAME
SELECT
    *,
    $min_coverage::DOUBLE AS min_coverage,
    $max_item_share::DOUBLE AS max_item_share,
    $min_overlap::DOUBLE AS min_overlap,
    $max_overlap::DOUBLE AS max_overlap
FROM figures;
