-- What the lists of `target` would have been worth, from what came of the lists of `logged`.
-- A place of a logged list counts where target has the same item there, with one over its propensity as weight.
-- By user, so that the standard error is one of users: reward and weight of the user's places.
WITH
logged AS (
    SELECT user_id, item_id, rank, coalesce(propensity, 1) AS propensity FROM read_parquet($logged::VARCHAR[])
),

target AS (
    SELECT user_id, item_id, rank FROM read_parquet($target::VARCHAR[])
),

clicks AS (
    SELECT user_id, item_id, sum(reward) AS reward
    FROM read_parquet($clicks)
    GROUP BY user_id, item_id
),

places AS (
    SELECT
        logged.user_id,
        coalesce(clicks.reward, 0) AS reward,
        if(target.item_id IS NULL, 0, 1 / logged.propensity) AS weight
    FROM (SELECT * FROM logged SEMI JOIN target USING (user_id)) AS logged
    LEFT JOIN target
        ON logged.user_id = target.user_id AND logged.item_id = target.item_id AND logged.rank = target.rank
    LEFT JOIN clicks ON logged.user_id = clicks.user_id AND logged.item_id = clicks.item_id
),

users AS (
    SELECT
        user_id,
        sum(reward) AS got,
        sum(weight * reward) AS weighted,
        sum(weight) AS weight,
        sum(weight * weight) AS squared
    FROM places
    GROUP BY user_id
),

totals AS (
    SELECT
        count(*) AS users,
        sum(got) AS got,
        sum(weighted) AS weighted,
        sum(weight) AS weight,
        sum(squared) AS squared
    FROM users
),

target_places AS (
    SELECT count(*) AS places FROM target SEMI JOIN logged USING (user_id)
)

SELECT
    totals.users,
    (SELECT count(*) FROM clicks ANTI JOIN logged USING (user_id, item_id)) AS unmatched,
    got / totals.users AS logged,
    weighted / totals.users AS ips,
    places / totals.users * weighted / totals.weight AS snips,
    places / totals.users * sqrt(
        (SELECT sum((users.weighted - totals.weighted / totals.weight * users.weight) ** 2) FROM users)
    ) / totals.weight AS snips_error,
    totals.weight * totals.weight / squared AS effective,
    totals.weight / places AS support
FROM totals, target_places;
