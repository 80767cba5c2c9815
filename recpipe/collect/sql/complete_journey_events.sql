-- Purchases of The Complete Journey: a row is a product in a basket; its value is what was paid.
INSERT INTO staged_events BY NAME
WITH raw AS (
    SELECT
        file_row_number + 1 AS row_number,
        household_id::VARCHAR AS user_id,
        product_id::VARCHAR AS item_id,
        'purchase' AS event_type,
        transaction_timestamp AS moment,
        sales_value AS value,
        NULL::BIGINT AS event_order,
        NULL::VARCHAR AS event_id,
        NULL::VARCHAR AS problem
    FROM read_parquet($file, file_row_number = true)
)
FROM judged_events(raw, $ingestion_id, $file, 'native', $sample);
