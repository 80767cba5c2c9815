-- Empty staging tables: what one ingestion read, good rows (reason IS NULL) and bad ones together.
-- Whatever a crashed run left in them is replaced.

CREATE OR REPLACE TABLE staged_events (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    user_id VARCHAR,
    item_id VARCHAR,
    event_type VARCHAR,
    event_at TIMESTAMP,
    value DOUBLE,
    event_order BIGINT,
    reason VARCHAR,
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
    reason VARCHAR,
    content VARCHAR
);

CREATE OR REPLACE TABLE staged_users (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    user_id VARCHAR,
    attributes VARCHAR,
    reason VARCHAR,
    content VARCHAR
);
