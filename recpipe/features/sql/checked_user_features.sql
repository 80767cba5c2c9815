-- Rows of the user features beside the histories they must agree with, for the suite `user_features`.
CREATE TABLE checked_user_features AS
WITH
features AS (
    SELECT *, list_transform(interests, lambda interest: interest.share) AS shares
    FROM read_parquet($user_features)
),
histories AS (
    SELECT user_id, train_count, train_count + validation_count AS known_count, len(event_ats) AS event_count, event_ats
    FROM read_parquet($interactions)
),
expected AS (
    SELECT *, unnest(['validation', 'test', 'now']) AS moment, unnest([train_count, known_count, event_count]) AS known_events
    FROM histories
)
SELECT
    coalesce(features.user_id, expected.user_id) AS user_id,
    features.user_id IS NOT NULL AND expected.user_id IS NOT NULL AS is_matched,
    features.moment,
    features.as_of,
    features.events,
    expected.known_events,
    features.items,
    features.active_days,
    features.days_since_first,
    features.days_since_last,
    len(features.shares) AS interest_count,
    max(len(features.shares)) OVER () AS longest_interest_count,
    list_sum(features.shares) AS share_sum,
    list_min(features.shares) AS least_share,
    features.shares = list_reverse_sort(features.shares) AS is_strongest_first
FROM features
FULL JOIN expected ON features.user_id = expected.user_id AND features.moment = expected.moment
