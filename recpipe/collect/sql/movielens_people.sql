-- What the raters told of themselves. The release 1m has codes for age and occupation (see its README).
INSERT INTO staged_users BY NAME
WITH people AS (
    SELECT *, row_number() OVER () AS row_number
    FROM read_csv(
        $file,
        auto_detect = false,
        header = $header,
        delim = $delimiter,
        quote = $quote,
        escape = $quote,
        encoding = $encoding,
        columns = $columns
    )
),
codes AS (
    SELECT
        MAP {
            '1': 'under 18', '18': '18-24', '25': '25-34', '35': '35-44', '45': '45-49', '50': '50-55', '56': '56+'
        } AS age_groups,
        [
            'other', 'educator', 'artist', 'clerical', 'student', 'customer service', 'doctor', 'executive', 'farmer',
            'homemaker', 'pupil', 'lawyer', 'programmer', 'retired', 'marketing', 'scientist', 'self-employed',
            'technician', 'craftsman', 'unemployed', 'writer'
        ] AS occupations
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    user_id,
    json_merge_patch('{}', json_object(
        'gender', gender,
        'age', CASE WHEN $is_coded THEN age_groups[age] ELSE age END,
        'occupation', CASE WHEN $is_coded THEN occupations[try_cast(occupation AS INTEGER) + 1] ELSE occupation END,
        'zip_code', zip_code
    ))::VARCHAR AS attributes,
    CASE WHEN is_blank(user_id) THEN 'no user_id' END AS reason
FROM people, codes
WHERE is_sampled(user_id, $sample);
