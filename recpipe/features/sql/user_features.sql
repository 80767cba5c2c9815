-- One row per user and moment: what was known of them just before the validation part, before the test
-- part, and now. What each part adds is summed once; a moment is the sum of the parts before it.

-- What an item says of who chooses it. Rarity is of the train part, so that no moment sees a later one.
CREATE OR REPLACE TEMP TABLE traits AS
WITH
sold AS (
    SELECT item_index, count(*) FILTER (part = 1) AS train_events
    FROM known_events
    GROUP BY item_index
)
SELECT
    items.item_index,
    dense_rank() OVER (ORDER BY categories)::INTEGER AS path_code,
    categories,
    round(1e6 * price_position)::INTEGER AS price_millionths,
    round(1e6 * coalesce(
        sum(train_events) OVER (ORDER BY train_events DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP)
        / sum(train_events) OVER (),
        0
    ))::INTEGER AS rarity_millionths
FROM read_parquet($items) AS items
JOIN sold USING (item_index);

-- Each category of a path: at its level from 1, and once more at level 0, where levels are not told apart.
CREATE OR REPLACE TEMP TABLE path_categories AS
WITH
paths AS (
    SELECT DISTINCT path_code, categories FROM traits
),
levels AS (
    SELECT path_code, unnest(categories) AS category, unnest(range(1, len(categories) + 1)) AS level, 1.0 AS portion
    FROM paths
),
unrolled AS (
    SELECT path_code, category, level, portion FROM levels WHERE level <= $category_levels
    UNION ALL
    SELECT path_code, unnest(list_distinct(categories)), 0, 1 / len(list_distinct(categories)) FROM paths
)
-- numbers in the order of the names: what follows is grouped and sorted by the million
SELECT *, dense_rank() OVER (ORDER BY category)::INTEGER AS category_code FROM unrolled;

CREATE OR REPLACE TEMP TABLE user_interests AS
WITH
by_path AS (
    SELECT user_row, part, path_code, sum(weight)::BIGINT AS weight
    FROM known_events
    JOIN traits USING (item_index)
    GROUP BY user_row, part, path_code
),
faded AS (
    -- to the last event known at the moment
    SELECT
        of_moment.user_row,
        of_moment.place,
        by_path.path_code,
        by_path.weight * pow(
            0.5,
            date_diff('microsecond', of_part.last_of_part_at, of_moment.last_event_at) / (86_400_000_000 * $half_life_days)
        ) AS weight
    FROM by_path
    JOIN user_moments AS of_part ON of_part.user_row = by_path.user_row AND of_part.place = by_path.part
    JOIN user_moments AS of_moment ON of_moment.user_row = by_path.user_row AND of_moment.place >= by_path.part
),
weighted AS (
    SELECT user_row, place, level, category_code, sum(round(weight * portion)::BIGINT)::BIGINT AS weight
    FROM faded
    JOIN path_categories USING (path_code)
    GROUP BY user_row, place, level, category_code
),
ranked AS (
    SELECT
        user_row,
        place,
        level,
        category_code,
        weight / sum(weight) OVER (PARTITION BY user_row, place, level) AS share,
        row_number() OVER (PARTITION BY user_row, place, level ORDER BY weight DESC, category_code) AS interest_rank
    FROM weighted
    WHERE weight > 0
),
names AS (
    SELECT DISTINCT category_code, category FROM path_categories
)
SELECT
    user_row,
    place,
    list(struct_pack(category := category, share := share) ORDER BY interest_rank) FILTER (level = 0) AS interests,
    list(struct_pack(level := level::UTINYINT, category := category, share := share) ORDER BY level, interest_rank)
    FILTER (level > 0) AS level_interests
FROM ranked
JOIN names USING (category_code)
WHERE interest_rank <= $interest_count
GROUP BY user_row, place;

-- What each part adds to a user.
CREATE OR REPLACE TEMP TABLE user_parts AS
WITH
counted AS (
    SELECT
        user_row,
        part AS place,
        count(*) FILTER (opens_basket) AS baskets,
        count(*) FILTER (opens_session) AS sessions,
        count(*) FILTER (opens_day) AS active_days,
        count(*) FILTER (is_recent_at_validation) AS recent_at_validation,
        count(*) FILTER (is_recent_at_test) AS recent_at_test,
        count(*) FILTER (is_recent_now) AS recent_now,
        sum(price_millionths)::BIGINT AS price_millionths,
        count(price_millionths) AS priced,
        sum(rarity_millionths)::BIGINT AS rarity_millionths,
        count(*) FILTER (quarter_of_day = 0) AS night,
        count(*) FILTER (quarter_of_day = 1) AS morning,
        count(*) FILTER (quarter_of_day = 2) AS afternoon,
        count(*) FILTER (quarter_of_day = 3) AS evening,
        count(*) FILTER (weekday = 1) AS monday,
        count(*) FILTER (weekday = 2) AS tuesday,
        count(*) FILTER (weekday = 3) AS wednesday,
        count(*) FILTER (weekday = 4) AS thursday,
        count(*) FILTER (weekday = 5) AS friday,
        count(*) FILTER (weekday = 6) AS saturday,
        count(*) FILTER (weekday = 7) AS sunday
    FROM known_events
    JOIN traits USING (item_index)
    GROUP BY user_row, part
),
first_times AS (
    SELECT user_row, first_part AS place, count(*) AS items FROM pairs GROUP BY user_row, first_part
)
SELECT * FROM counted FULL JOIN first_times USING (user_row, place);

CREATE OR REPLACE TEMP TABLE type_mix AS
WITH
types AS (
    SELECT unnest(range(1, len($event_types::VARCHAR[]) + 1)) AS type_index
),
counted AS (
    SELECT user_row, part, type_index, count(*) AS events FROM known_events GROUP BY user_row, part, type_index
),
summed AS (
    SELECT user_row, place, type_index, sum(counted.events) AS events
    FROM counted
    JOIN moments ON part <= place
    GROUP BY user_row, place, type_index
),
complete AS (
    SELECT user_row, place, type_index, coalesce(summed.events, 0) AS events
    FROM (SELECT DISTINCT user_row, place FROM summed)
    CROSS JOIN types
    LEFT JOIN summed USING (user_row, place, type_index)
)
SELECT user_row, place, list(events::DOUBLE ORDER BY type_index) AS type_events FROM complete GROUP BY user_row, place;

COPY (
    WITH
    summed AS (
        SELECT
            user_moments.*,
            sum(COLUMNS(parts.* EXCLUDE (user_row, place))) OVER (PARTITION BY user_row ORDER BY place)
        FROM user_moments
        LEFT JOIN user_parts AS parts USING (user_row, place)
    ),
    listed AS (
        SELECT
            *,
            [night, morning, afternoon, evening]::DOUBLE[] AS quarter_events,
            [monday, tuesday, wednesday, thursday, friday, saturday, sunday]::DOUBLE[] AS weekday_events
        FROM summed
    )
    SELECT
        user_id, -- the user's own name
        moment, -- validation, test or now: just before that part, or at the newest event
        as_of, -- time of the moment, UTC
        events, -- events before the moment
        coalesce(items, 0)::INTEGER AS items, -- different items among them
        coalesce(active_days, 0)::INTEGER AS active_days, -- days (UTC) with an event
        date_diff('microsecond', first_event_at, as_of) / 86_400_000_000 AS days_since_first, -- days since the first event
        date_diff('microsecond', last_event_at, as_of) / 86_400_000_000 AS days_since_last, -- days since the last event
        coalesce([recent_at_validation, recent_at_test, recent_now][place], 0)::INTEGER AS recent_events, -- events in the last recent_days
        coalesce(baskets, 0)::INTEGER AS baskets, -- different times of events: those of one time are a basket
        coalesce(sessions, 0)::INTEGER AS sessions, -- visits: an event after a gap of more than session_gap_minutes opens one
        events / nullif(sessions, 0) AS events_per_session, -- events a session
        1 - items / nullif(events, 0) AS repeat_rate, -- share of events with an item that the user had before
        rarity_millionths / (1e6 * nullif(events, 0)) AS novelty, -- novelty seeking: mean share of the train part's events that went to more popular items, 0 to 1
        price_millionths / (1e6 * nullif(priced, 0)) AS price_band, -- mean price position of the items, 0 to 1; none without prices
        [count / events for count in coalesce(type_events, [])] AS type_shares, -- share of each type of event, in the manifest's order
        [count / events for count in weekday_events if events > 0] AS weekday_shares, -- share of each weekday (UTC), Monday first
        [count / events for count in quarter_events if events > 0] AS quarter_of_day_shares, -- share of night, morning, afternoon and evening: six hours each from midnight (UTC)
        coalesce(interests, []) AS interests, -- the categories of what the user did, strongest first, an event counting half after half_life_days
        coalesce(level_interests, []) AS level_interests, -- the same at each level of the category path, from level 1
        attributes -- what else is known of the user, a JSON object
    FROM listed
    LEFT JOIN user_interests USING (user_row, place)
    LEFT JOIN type_mix USING (user_row, place)
    ORDER BY user_row, place
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)
