-- A user and moment that more than one rule fits.
SELECT
    features.user_id,
    features.moment,
    list(met.segment ORDER BY met.segment) AS segments
FROM met
JOIN read_parquet($user_features, file_row_number = true) AS features ON features.file_row_number = met.feature_row
GROUP BY met.feature_row, features.user_id, features.moment
HAVING count(*) > 1
ORDER BY met.feature_row
LIMIT 1
