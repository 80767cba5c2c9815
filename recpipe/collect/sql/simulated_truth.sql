-- The truth, kept beside the events so that tests know the best possible lists.

-- Items: how likely each is within its category, and when it arrived.
COPY (
    SELECT
        item_name(range, $items) AS item_id,
        item_category(range, $categories) AS category,
        rank_share(item_rank(range, $categories), $ranks) AS share_in_category,
        TIMESTAMP '2024-01-01'
        + to_microseconds((item_birth_day($seed, range, $categories) * 86400000000)::BIGINT) AS arrived_at
    FROM range($items)
    ORDER BY item_id
) TO $items_file (FORMAT parquet);

-- Users: their 50 likeliest items at the end of the year, with the likelihoods. Only items among the
-- best 50 of a category can be among them.
COPY (
    WITH tastes AS (
        SELECT
            range AS user,
            taste($seed, range, place, $categories) AS category,
            CASE place WHEN '1' THEN 0.55 WHEN '2' THEN 0.25 ELSE 0.12 END AS weight
        FROM range($truth_users)
        CROSS JOIN (SELECT unnest(['1', '2', '3']) AS place)
    ),
    -- sums of whole billionths: sums of floats differ with the order in which threads add
    liked AS (
        SELECT user, category, sum((1e9 * weight * season($seed, category, 365))::BIGINT) AS weight
        FROM tastes
        GROUP BY ALL
    ),
    totals AS (
        SELECT user, sum(weight) + 0.08e9 AS total
        FROM liked
        GROUP BY user
    ),
    likelihoods AS (
        SELECT
            user,
            item_name((r - 1) * $categories + category, $items) AS item_id,
            (weight + 0.08e9 / $categories) / total * rank_share(r, $ranks) AS likelihood
        FROM liked
        JOIN totals USING (user)
        CROSS JOIN (SELECT unnest(range(1, least(51, $ranks + 1))) AS r)
    ),
    ranked AS (
        SELECT *, row_number() OVER (PARTITION BY user ORDER BY likelihood DESC, item_id) AS place
        FROM likelihoods
        QUALIFY place <= 50
    )
    SELECT
        user_name(user, $users) AS user_id,
        list(item_id ORDER BY place) AS best_items,
        list(likelihood ORDER BY place) AS likelihoods
    FROM ranked
    GROUP BY user
    ORDER BY user_id
) TO $users_file (FORMAT parquet);
