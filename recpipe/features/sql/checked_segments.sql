-- Segments beside the user features they were read from, for the suite `segments`.
CREATE TABLE checked_segments AS
SELECT
    coalesce(features.user_id, segments.user_id) AS user_id,
    coalesce(features.moment, segments.moment) AS moment,
    features.user_id IS NOT NULL AND segments.user_id IS NOT NULL AS is_matched,
    segments.segment,
    $segment_names::VARCHAR[] AS segment_names
FROM read_parquet($segments) AS segments
FULL JOIN read_parquet($user_features) AS features
    ON features.user_id = segments.user_id AND features.moment = segments.moment
