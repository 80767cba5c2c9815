-- The histories taken apart, in temporary tables of this connection: moments of users, and events.
--
-- A moment knows the parts before it: validation part 1, test parts 1 and 2, now all three. So what is
-- summed over a part is read once, and a moment is the sum of its parts.
CREATE OR REPLACE TEMP TABLE moments (place UTINYINT, moment VARCHAR, cutoff TIMESTAMP);

INSERT INTO moments VALUES
(1, 'validation', $validation_from::TIMESTAMP), (2, 'test', $test_from::TIMESTAMP), (3, 'now', NULL);

-- Without a cutoff in time a user's moment is the time of the event that follows what is known, else the newest of all.
CREATE OR REPLACE TEMP TABLE user_moments AS
WITH
prefixes AS (
    SELECT
        *,
        [train_count, train_count + validation_count, len(event_ats)][place] AS events,
        [0, train_count, train_count + validation_count][place] AS events_before
    FROM read_parquet($interactions, file_row_number = true), moments
)
SELECT
    file_row_number::INTEGER AS user_row,
    place,
    user_id,
    attributes,
    moment,
    coalesce(cutoff, event_ats[events + 1], $newest::TIMESTAMP) AS as_of,
    CASE WHEN events > 0 THEN event_ats[1] END AS first_event_at,
    event_ats[events] AS last_event_at,
    -- of the part that ends here, NULL where it is empty
    CASE WHEN events > events_before THEN event_ats[events] END AS last_of_part_at,
    events
FROM prefixes;

CREATE OR REPLACE TEMP TABLE known_events AS
WITH
histories AS (
    SELECT
        *,
        file_row_number::INTEGER AS user_row,
        train_count + validation_count AS test_start,
        coalesce($validation_from::TIMESTAMP, event_ats[train_count + 1], $newest::TIMESTAMP) AS validation_as_of,
        coalesce($test_from::TIMESTAMP, event_ats[test_start + 1], $newest::TIMESTAMP) AS test_as_of
    FROM read_parquet($interactions, file_row_number = true)
),
apart AS (
    SELECT
        user_row,
        train_count,
        test_start,
        validation_as_of,
        test_as_of,
        [event_ats[train_count], event_ats[test_start], event_ats[-1]] AS last_ats,
        unnest(range(1, len(event_ats) + 1))::INTEGER AS place_in_history,
        unnest(item_indices) AS item_index,
        unnest(event_types) AS type_index,
        unnest(event_ats) AS event_at,
        unnest(list_prepend(NULL, event_ats)[:len(event_ats)]) AS previous_at
    FROM histories
),
placed AS (
    SELECT *, CASE WHEN place_in_history <= train_count THEN 1 WHEN place_in_history <= test_start THEN 2 ELSE 3 END::UTINYINT AS part
    FROM apart
)
SELECT
    user_row,
    part,
    item_index,
    type_index,
    event_at,
    coalesce(event_at > previous_at, true) AS opens_basket,
    coalesce(event_at > previous_at + to_minutes($session_gap_minutes::INTEGER), true) AS opens_session,
    coalesce(event_at::DATE > previous_at::DATE, true) AS opens_day,
    isodow(event_at)::UTINYINT AS weekday,
    (hour(event_at) // 6)::UTINYINT AS quarter_of_day,
    event_at >= validation_as_of - to_days($recent_days::INTEGER) AS is_recent_at_validation,
    event_at >= test_as_of - to_days($recent_days::INTEGER) AS is_recent_at_test,
    event_at >= $newest::TIMESTAMP - to_days($recent_days::INTEGER) AS is_recent_now,
    -- Ages count from the last event of the part, so that weights cannot vanish. Whole billionths: sums of
    -- floats would depend on which thread came first.
    round(1e9 * pow(0.5, date_diff('microsecond', event_at, last_ats[part]) / (86_400_000_000 * $half_life_days)))::INTEGER AS weight
FROM placed;

-- Each item that a user did something with, and the parts in which that, a view and a purchase came first.
CREATE OR REPLACE TEMP TABLE pairs AS
WITH
types AS (
    SELECT list_position($event_types::VARCHAR[], $view_type) AS view_index, list_position($event_types::VARCHAR[], $purchase_type) AS purchase_index
)
SELECT
    user_row,
    item_index,
    min(part) AS first_part,
    min(part) FILTER (type_index = view_index) AS view_part,
    min(part) FILTER (type_index = purchase_index) AS purchase_part
FROM known_events, types
GROUP BY user_row, item_index;
