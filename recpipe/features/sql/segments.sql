-- One row per user and moment: the segment whose rule fits what was known of the user then.
COPY (
    SELECT
        features.user_id, -- the user's own name
        features.moment, -- validation, test or now, as in the user features
        met.segment -- the segment whose rule fits (features.segments); none where no rule does
    FROM read_parquet($user_features, file_row_number = true) AS features
    LEFT JOIN met ON met.feature_row = features.file_row_number
    ORDER BY features.file_row_number
) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
