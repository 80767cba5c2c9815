-- Rows of the user features beside the histories they must agree with, for the suite `user_features`.
CREATE TABLE checked_user_features AS
WITH
features AS (
    SELECT
        *,
        list_transform(interests, lambda interest: interest.share) AS shares,
        list_transform(
            range(1, $category_levels + 1),
            lambda level: [interest.share for interest in level_interests if interest.level = level]
        ) AS level_shares
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
    features.shares = list_reverse_sort(features.shares) AS is_strongest_first,
    list_sum([len(shares) for shares in level_shares]) = len(level_interests) AS levels_are_known,
    [list_sum(shares) for shares in level_shares if len(shares) > 0] AS level_sums,
    [list_sum(shares) for shares in level_shares if len(shares) BETWEEN 1 AND $interest_count - 1] AS whole_level_sums,
    list_min([list_min(shares) for shares in level_shares]) AS least_level_share,
    list_bool_and([shares = list_reverse_sort(shares) for shares in level_shares]) AS levels_are_strongest_first,
    features.recent_events,
    features.baskets,
    features.sessions,
    features.events_per_session,
    features.repeat_rate,
    features.novelty,
    features.price_band,
    [len(type_shares), len(weekday_shares), len(quarter_of_day_shares)] AS mix_lengths,
    CASE WHEN features.events > 0 THEN [$event_types::INTEGER, 7, 4] ELSE [0, 0, 0] END AS expected_mix_lengths,
    [list_sum(type_shares), list_sum(weekday_shares), list_sum(quarter_of_day_shares)] AS mix_sums,
    least(list_min(type_shares), list_min(weekday_shares), list_min(quarter_of_day_shares)) AS least_mix_share
FROM features
FULL JOIN expected ON features.user_id = expected.user_id AND features.moment = expected.moment
