-- Products of The Complete Journey. Their names are in capitals, e.g. 'BREAD:ITALIAN/FRENCH': each
-- word is put in readable case; words with a digit are measures and stay small ('50 oz').
CREATE OR REPLACE TEMP MACRO readable_word(word) AS
    CASE WHEN regexp_matches(word, '^[a-z]') THEN upper(word[1]) || word[2:] ELSE word END;

CREATE OR REPLACE TEMP MACRO readable(name) AS
    array_to_string(
        list_transform(
            regexp_extract_all(regexp_replace(trim(lower(name)), ':\s*', ': ', 'g'), '[a-z0-9''.&%]+|[^a-z0-9''.&%]+'),
            lambda word: readable_word(word)
        ),
        ''
    );

INSERT INTO staged_items BY NAME
WITH products AS (
    SELECT
        *,
        file_row_number + 1 AS row_number,
        readable(department) AS shelf,
        readable(product_category) AS category,
        readable(product_type) AS kind
    FROM read_parquet($file, file_row_number = true)
)
SELECT
    $ingestion_id AS ingestion_id,
    $file AS file,
    row_number,
    product_id::VARCHAR AS item_id,
    concat_ws(', ', coalesce(kind, category, shelf, 'Product ' || product_id), lower(trim(package_size)))
    || CASE WHEN brand = 'Private' THEN ' (store brand)' ELSE '' END AS title,
    list_filter([shelf, category, kind], lambda c: c IS NOT NULL) AS categories,
    json_merge_patch('{}', json_object(
        'brand', brand, 'package_size', package_size, 'manufacturer_id', manufacturer_id::VARCHAR
    ))::VARCHAR AS attributes
FROM products;
