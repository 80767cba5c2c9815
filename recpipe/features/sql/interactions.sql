-- One row per user from $first_user to $last_user, their whole history in order, and what is known of them beside it; users without
-- events have an empty one. A row group is what training reads at a time, and draws anew in each epoch.
COPY (
    WITH
    types AS (
        SELECT event_type, row_number() OVER (ORDER BY event_type)::UTINYINT AS type_index
        FROM (SELECT DISTINCT event_type FROM placed_events)
    ),
    indexed AS (
        SELECT
            placed.user_id,
            known.item_index,
            types.type_index,
            placed.event_at,
            placed.part,
            row_number() OVER (
                PARTITION BY placed.user_id
                ORDER BY placed.event_at, placed.event_order NULLS LAST, placed.item_id, placed.event_type
            ) AS place
        FROM placed_events AS placed
        JOIN read_parquet($items) AS known USING (item_id)
        JOIN types USING (event_type)
        WHERE placed.user_id BETWEEN $first_user AND $last_user
    ),
    histories AS (
        SELECT
            user_id,
            list(item_index ORDER BY place) AS item_indices,
            list(type_index ORDER BY place) AS event_types,
            list(event_at ORDER BY place) AS event_ats,
            count(*) FILTER (part = 1)::INTEGER AS train_count,
            count(*) FILTER (part = 2)::INTEGER AS validation_count,
            count(*) FILTER (part = 3)::INTEGER AS test_count
        FROM indexed
        GROUP BY user_id
    ),
    everybody AS (
        SELECT user_id FROM users UNION SELECT user_id FROM placed_events
    )
    SELECT
        everybody.user_id,
        coalesce(item_indices, []) AS item_indices,
        coalesce(event_types, []) AS event_types,
        coalesce(event_ats, []) AS event_ats,
        coalesce(train_count, 0) AS train_count,
        coalesce(validation_count, 0) AS validation_count,
        coalesce(test_count, 0) AS test_count,
        coalesce(users.attributes, '{}') AS attributes
    FROM everybody
    LEFT JOIN histories USING (user_id)
    LEFT JOIN users USING (user_id)
    WHERE everybody.user_id BETWEEN $first_user AND $last_user
    ORDER BY everybody.user_id
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)
