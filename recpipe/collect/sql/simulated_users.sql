-- The simulated shop's customers: their segment tells a little of their first taste.
INSERT INTO staged_users BY NAME
SELECT
    $ingestion_id AS ingestion_id,
    'simulated' AS file,
    range + 1 AS row_number,
    user_name(range, $users) AS user_id,
    json_object('segment', 'S' || taste($seed, range, '1', $categories) // 5)::VARCHAR AS attributes
FROM range($users)
WHERE is_sampled(user_name(range, $users), $sample);
