-- Empty staging tables: what one ingestion read, good rows (reason IS NULL) and bad ones together.
-- Whatever a crashed run left in them is replaced. Looking for the best compression of the ids would cost a
-- quarter of the reading, for a table that is dropped soon.

CREATE OR REPLACE TABLE staged_events (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    user_id VARCHAR USING COMPRESSION uncompressed,
    item_id VARCHAR USING COMPRESSION uncompressed,
    event_type VARCHAR,
    event_at TIMESTAMP,
    value DOUBLE,
    event_order BIGINT,
    event_id VARCHAR,
    reason VARCHAR,
    bad_column VARCHAR,
    bad_value VARCHAR,
    content VARCHAR
);

CREATE OR REPLACE TABLE staged_items (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    item_id VARCHAR,
    title VARCHAR,
    categories VARCHAR[],
    attributes VARCHAR,
    price DOUBLE,
    available_from TIMESTAMP,
    available_until TIMESTAMP,
    reason VARCHAR,
    bad_column VARCHAR,
    bad_value VARCHAR,
    content VARCHAR
);

CREATE OR REPLACE TABLE staged_users (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    user_id VARCHAR,
    attributes VARCHAR,
    reason VARCHAR,
    bad_column VARCHAR,
    bad_value VARCHAR,
    content VARCHAR
);

CREATE OR REPLACE TABLE staged_files (
    ingestion_id VARCHAR,
    table_name VARCHAR,
    file VARCHAR,
    fingerprint VARCHAR,
    content_hash VARCHAR,
    reading VARCHAR,
    is_read BOOLEAN
);
