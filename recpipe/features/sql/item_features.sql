-- One row per moment and item known at it: popularity, recent popularity, reach and age from the events
-- before that moment only. Without a cutoff in time the moment is the newest event known at it.
COPY (
    WITH
    moments (moment, place, cutoff) AS (
        VALUES
        ('validation', 1, $validation_from::TIMESTAMP),
        ('test', 2, $test_from::TIMESTAMP),
        ('now', 3, $newest)
    ),
    prefixes AS (
        SELECT
            *,
            train_count
            + CASE WHEN place >= 2 THEN validation_count ELSE 0 END
            + CASE WHEN place >= 3 THEN test_count ELSE 0 END AS events
        FROM read_parquet($interactions), moments
    ),
    known AS (
        SELECT moment, place, cutoff, item_indices[:events] AS item_indices, event_ats[:events] AS event_ats
        FROM prefixes
    ),
    dated AS (
        SELECT moment, place, coalesce(cutoff, max(list_max(event_ats))) AS as_of FROM known GROUP BY moment, place, cutoff
    ),
    known_events AS (
        SELECT moment, unnest(item_indices) AS item_index, unnest(event_ats) AS event_at FROM known
    ),
    popularity AS (
        SELECT
            moment,
            place,
            as_of,
            item_index,
            count(*) AS events,
            count(*) FILTER (event_at >= as_of - to_days($recent_days::INTEGER)) AS recent_events,
            date_diff('microsecond', min(event_at), as_of) / 86_400_000_000 AS age_days
        FROM known_events
        JOIN dated USING (moment)
        GROUP BY moment, place, as_of, item_index
    ),
    visits AS (
        SELECT moment, unnest(list_distinct(item_indices)) AS item_index FROM known
    ),
    reach AS (
        SELECT moment, item_index, count(*) AS users FROM visits GROUP BY moment, item_index
    )
    SELECT
        popularity.item_index,
        popularity.moment,
        popularity.as_of,
        popularity.events,
        popularity.recent_events,
        reach.users,
        popularity.age_days,
        items.categories[1] AS category
    FROM popularity
    JOIN reach USING (moment, item_index)
    JOIN read_parquet($items) AS items USING (item_index)
    ORDER BY popularity.place, popularity.item_index
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
