-- Sessions of six rows: a view, then another view or an action on what was viewed.
INSERT INTO staged_events BY NAME
WITH sessions AS (
    SELECT
        range AS session,
        -- some users come often, most seldom
        floor(pow(draw($seed, 'user', range), 1.5) * $users)::BIGINT AS user,
        -- the shop grows a little over the year
        365 * pow(draw($seed, 'day', range), 0.9) AS day
    FROM range(($rows + 5) // 6)
),
weighed AS (
    SELECT
        *,
        0.55 * season($seed, taste($seed, user, '1', $categories), day) AS weight_1,
        0.25 * season($seed, taste($seed, user, '2', $categories), day) AS weight_2,
        0.12 * season($seed, taste($seed, user, '3', $categories), day) AS weight_3
    FROM sessions
),
placed AS (
    SELECT *, draw($seed, 'category', session) * (weight_1 + weight_2 + weight_3 + 0.08) AS point
    FROM weighed
),
visits AS (
    SELECT
        session,
        user,
        day,
        CASE
            WHEN point < weight_1 THEN taste($seed, user, '1', $categories)
            WHEN point < weight_1 + weight_2 THEN taste($seed, user, '2', $categories)
            WHEN point < weight_1 + weight_2 + weight_3 THEN taste($seed, user, '3', $categories)
            ELSE floor(draw($seed, 'curious', session) * $categories)::BIGINT
        END AS category
    FROM placed
),
steps AS (
    SELECT
        visits.*,
        session * 6 + position AS number,
        position,
        -- rows 2, 4 and 6 look at another item, or act on that of the row before
        position % 2 = 1 AND draw($seed, 'acts', session * 6 + position) < 0.5 AS is_action
    FROM visits
    CROSS JOIN (SELECT range AS position FROM range(6))
    WHERE session * 6 + position < $rows
),
drawn AS (
    SELECT
        *,
        draw($seed, 'action', number) AS action,
        draw($seed, 'bad', number) AS badness,
        floor(exp(draw($seed, 'rank', CASE WHEN is_action THEN number - 1 ELSE number END) * ln($ranks + 1)))::BIGINT AS rank
    FROM steps
),
chosen AS (
    SELECT
        *,
        -- what has not arrived yet cannot be seen: the best of the category takes its place
        CASE
            WHEN item_birth_day($seed, (rank - 1) * $categories + category, $categories) <= day
            THEN (rank - 1) * $categories + category
            ELSE category
        END AS item
    FROM drawn
),
raw AS (
    SELECT
        number + 1 AS row_number,
        -- bad rows: a quarter each without user, item, time, and with a value that is none
        CASE WHEN badness >= 0.25 * $bad_share THEN user_name(user, $users) END AS user_id,
        CASE WHEN badness NOT BETWEEN 0.25 * $bad_share AND 0.5 * $bad_share THEN item_name(item, $items) END AS item_id,
        CASE
            WHEN NOT is_action THEN 'view'
            WHEN action < 0.3 THEN 'favourite'
            WHEN action < 0.7 THEN 'cart'
            ELSE 'purchase'
        END AS event_type,
        CASE WHEN badness NOT BETWEEN 0.5 * $bad_share AND 0.75 * $bad_share
            THEN TIMESTAMP '2024-01-01' + to_microseconds((day * 86400000000)::BIGINT + position * 20000000)
        END AS moment,
        CASE
            WHEN badness BETWEEN 0.75 * $bad_share AND $bad_share THEN 'inf'::DOUBLE
            WHEN is_action AND action >= 0.7 THEN round(5 + 95 * pow(draw($seed, 'price', item), 3), 2)
        END AS value,
        position AS event_order,
        NULL::VARCHAR AS event_id,
        NULL::VARCHAR AS problem
    FROM chosen
)
FROM judged_events(raw, $ingestion_id, 'simulated', 'native', $sample);
