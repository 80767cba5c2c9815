-- One row per user and moment: what was known of them just before the validation part, before the test
-- part, and now. A moment sees a prefix of the history; without a cutoff in time it is the time of the
-- event that follows the prefix, else the newest of all.
COPY (
    WITH
    moments (moment, place, cutoff) AS (
        VALUES
        ('validation', 1, $validation_from::TIMESTAMP),
        ('test', 2, $test_from::TIMESTAMP),
        ('now', 3, NULL)
    ),
    prefixes AS (
        SELECT
            *,
            train_count
            + CASE WHEN place >= 2 THEN validation_count ELSE 0 END
            + CASE WHEN place >= 3 THEN test_count ELSE 0 END AS events
        FROM read_parquet($interactions, file_row_number = true), moments
    ),
    known AS (
        SELECT
            user_id,
            moment,
            3 * file_row_number + place AS row_key,
            events,
            coalesce(cutoff, event_ats[events + 1], $newest) AS as_of,
            item_indices[:events] AS item_indices,
            event_ats[:events] AS event_ats
        FROM prefixes
    ),
    activity AS (
        SELECT
            row_key,
            user_id,
            moment,
            as_of,
            events,
            len(list_distinct(item_indices))::INTEGER AS items,
            len(list_distinct(list_transform(event_ats, lambda event_at: event_at::DATE)))::INTEGER AS active_days,
            date_diff('microsecond', event_ats[1], as_of) / 86_400_000_000 AS days_since_first,
            date_diff('microsecond', event_ats[events], as_of) / 86_400_000_000 AS days_since_last
        FROM known
    ),
    item_categories AS (
        SELECT
            item_index,
            unnest(list_distinct(categories)) AS category,
            1 / len(list_distinct(categories)) AS portion
        FROM read_parquet($items)
    ),
    coded AS (
        -- numbers in the order of the names: what follows is grouped and sorted by the million
        SELECT item_index, portion, dense_rank() OVER (ORDER BY category)::INTEGER AS category_code, category FROM item_categories
    ),
    names AS (
        SELECT DISTINCT category_code, category FROM coded
    ),
    known_events AS (
        SELECT
            row_key,
            unnest(item_indices) AS item_index,
            unnest(event_ats) AS event_at,
            event_ats[events] AS last_event_at
        FROM known
    ),
    weighted AS (
        -- Ages count from the user's last event: shares are the same from any later day, and cannot vanish.
        -- Whole billionths: sums of floats would depend on which thread came first.
        SELECT
            row_key,
            category_code,
            sum(round(
                1e9 * portion
                * pow(0.5, date_diff('microsecond', event_at, last_event_at) / (86_400_000_000 * $half_life_days))
            )::BIGINT) AS weight
        FROM known_events
        JOIN coded USING (item_index)
        GROUP BY row_key, category_code
    ),
    ranked AS (
        SELECT
            row_key,
            category_code,
            weight::DOUBLE / sum(weight) OVER (PARTITION BY row_key)::DOUBLE AS share,
            row_number() OVER (PARTITION BY row_key ORDER BY weight DESC, category_code) AS interest_rank
        FROM weighted
        WHERE weight > 0
    ),
    interests AS (
        SELECT
            row_key,
            list(struct_pack(category := category, share := share) ORDER BY interest_rank) AS interests
        FROM ranked
        JOIN names USING (category_code)
        WHERE interest_rank <= $interest_count
        GROUP BY row_key
    )
    SELECT
        activity.user_id,
        activity.moment,
        activity.as_of,
        activity.events,
        activity.items,
        activity.active_days,
        activity.days_since_first,
        activity.days_since_last,
        coalesce(interests.interests, []) AS interests,
        coalesce(users.attributes, '{}') AS attributes
    FROM activity
    LEFT JOIN interests USING (row_key)
    LEFT JOIN users USING (user_id)
    ORDER BY activity.row_key
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)
