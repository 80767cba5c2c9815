-- The most active users now: their figures, how each stands among all users (0 the lowest, 1 the highest; ties in
-- the middle), and their interests as a sentence: "GROCERY 41 %, PRODUCE 12 %".
WITH
known AS (
    SELECT
        *,
        CASE WHEN sessions > 1 THEN (days_since_first - days_since_last) / (sessions - 1) END AS days_between
    FROM read_parquet($path)
    WHERE moment = 'now' AND events > 0
),
numbers AS (
    UNPIVOT (SELECT user_id, COLUMNS(lambda name: list_contains($names::VARCHAR[], name))::DOUBLE FROM known)
    ON COLUMNS(* EXCLUDE user_id) INTO NAME feature VALUE number
),
placed AS (
    SELECT
        user_id,
        feature,
        number,
        (percent_rank() OVER up + 1 - percent_rank() OVER down) / 2 AS standing
    FROM numbers
    WINDOW up AS (PARTITION BY feature ORDER BY number), down AS (PARTITION BY feature ORDER BY number DESC)
),
chosen AS (
    SELECT * FROM known ORDER BY events DESC, user_id LIMIT $users
)
SELECT
    user_id,
    chosen.events,
    chosen.items,
    chosen.active_days,
    round(chosen.days_since_last, 1) AS days_since_last,
    array_to_string(
        list_transform(interests, lambda interest: concat(interest.category, ' ', round(100 * interest.share)::INTEGER, ' %')),
        ', '
    ) AS interests,
    interests AS shares,
    weekday_shares,
    quarter_of_day_shares,
    list(struct_pack(feature := feature, number := number, standing := standing) ORDER BY feature) AS standings
FROM chosen
JOIN placed USING (user_id)
GROUP BY ALL
ORDER BY chosen.events DESC, user_id
