-- The most active users now, their interests as a sentence: "GROCERY 41 %, PRODUCE 12 %".
SELECT
    user_id,
    events,
    items,
    active_days,
    round(days_since_last, 1) AS days_since_last,
    array_to_string(
        list_transform(interests, lambda interest: concat(interest.category, ' ', round(100 * interest.share)::INTEGER, ' %')),
        ', '
    ) AS interests
FROM read_parquet($path)
WHERE moment = 'now'
ORDER BY events DESC, user_id
LIMIT $users
