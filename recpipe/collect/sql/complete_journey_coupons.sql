-- Redeemed coupons. A redemption tells household, coupon and day, and a coupon covers many products: its item
-- and time are those of the first product under it that the household bought with a coupon's discount, on
-- that day or the next (many are booked a day later). Without such a purchase there is no item to tell.
INSERT INTO staged_events BY NAME
WITH redemptions AS (
    SELECT *, file_row_number + 1 AS row_number, redemption_date::DATE AS day
    FROM read_parquet($file, file_row_number = true)
),
discounted AS (
    SELECT household_id, product_id, transaction_timestamp, transaction_timestamp::DATE AS day
    FROM read_parquet($transactions_file)
    WHERE coupon_disc > 0
),
bought AS (
    SELECT redemptions.row_number, min_by(
        {product_id: discounted.product_id, moment: transaction_timestamp}, (transaction_timestamp, discounted.product_id)
    ) AS first
    FROM redemptions
    JOIN read_parquet($covers_file) AS covers USING (coupon_upc, campaign_id)
    JOIN discounted
        ON discounted.household_id = redemptions.household_id
        AND discounted.product_id = covers.product_id
        AND discounted.day BETWEEN redemptions.day AND redemptions.day + 1
    GROUP BY redemptions.row_number
),
raw AS (
    SELECT
        row_number,
        household_id::VARCHAR AS user_id,
        first.product_id::VARCHAR AS item_id,
        'coupon' AS event_type,
        coalesce(first.moment, redemption_date) AS moment,
        NULL::DOUBLE AS value,
        NULL::BIGINT AS event_order,
        NULL::VARCHAR AS event_id,
        CASE WHEN first IS NULL THEN 'no purchase with this coupon' END AS problem
    FROM redemptions
    LEFT JOIN bought USING (row_number)
)
FROM judged_events(raw, $ingestion_id, $file, 'native', $sample);
