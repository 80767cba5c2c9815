-- One row per moment and item known at it, from the events before that moment only. Without a cutoff in
-- time the moment is the newest event known at it.
COPY (
    WITH
    dated AS (
        SELECT place, moment, coalesce(cutoff, max(event_at)) AS as_of
        FROM moments
        JOIN known_events ON part <= place
        GROUP BY place, moment, cutoff
    ),
    popularity AS (
        SELECT
            place,
            item_index,
            count(*) AS events,
            count(*) FILTER (event_at >= as_of - to_days($recent_days::INTEGER)) AS recent_events,
            count(*) FILTER (event_at >= as_of - INTERVAL 7 DAY) AS events_7_days,
            count(*) FILTER (event_at >= as_of - INTERVAL 30 DAY) AS events_30_days,
            count(*) FILTER (event_at >= as_of - INTERVAL 90 DAY) AS events_90_days,
            min(event_at) AS first_event_at
        FROM known_events
        JOIN dated ON part <= place
        GROUP BY place, item_index
    ),
    combinations AS (
        -- few: users are counted once, then summed up for each moment
        SELECT item_index, first_part, view_part, purchase_part, count(*) AS users
        FROM pairs
        GROUP BY ALL
    ),
    reach AS (
        SELECT
            place,
            item_index,
            sum(users)::BIGINT AS users,
            coalesce(sum(users) FILTER (view_part <= place), 0)::BIGINT AS viewers,
            coalesce(sum(users) FILTER (view_part <= place AND purchase_part <= place), 0)::BIGINT AS buyers
        FROM combinations
        JOIN moments ON first_part <= place
        GROUP BY place, item_index
    )
    SELECT
        popularity.item_index, -- row of the item in the table items, from 1
        dated.moment, -- validation, test or now: just before that part, or at the newest event
        dated.as_of, -- time of the moment, UTC
        popularity.events, -- events with the item before the moment
        popularity.recent_events, -- of these, events in the last recent_days
        reach.users, -- users of these events
        date_diff('microsecond', popularity.first_event_at, dated.as_of) / 86_400_000_000 AS age_days, -- days since the first event
        items.categories[1] AS category, -- top of the category path
        popularity.events_7_days, -- events in the last 7 days
        popularity.events_30_days, -- events in the last 30 days
        popularity.events_90_days, -- events in the last 90 days
        log2((events_30_days + 1) / ((events_90_days - events_30_days) / 2 + 1)) AS trend, -- doublings of the last 30 days' events against the 60 days before, per 30 days, each with one added
        CASE WHEN viewers > 0 THEN buyers / viewers END AS conversion, -- share of the users with a view who also have a purchase; none without views
        items.price_position -- share of the category's priced items of the train part that cost no more, 0 to 1
    FROM popularity
    JOIN reach USING (place, item_index)
    JOIN dated USING (place)
    JOIN read_parquet($items) AS items USING (item_index)
    ORDER BY popularity.place, popularity.item_index
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
