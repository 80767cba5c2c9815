-- Rows of events as a database gave them, in text; one batch at a time.
CREATE OR REPLACE TEMP TABLE fetched (
    row_number BIGINT,
    user_id VARCHAR,
    item_id VARCHAR,
    timestamp VARCHAR,
    event_type VARCHAR,
    value VARCHAR,
    event_order VARCHAR,
    event_id VARCHAR
);
