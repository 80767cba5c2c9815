-- The tables of the workspace, without primary keys: merging by anti-join costs a sixth of keeping one.
CREATE TABLE IF NOT EXISTS events (
    user_id VARCHAR,
    item_id VARCHAR,
    event_type VARCHAR,
    event_at TIMESTAMP,
    value DOUBLE,
    event_order BIGINT,
    ingestion_id VARCHAR
);

CREATE TABLE IF NOT EXISTS items (item_id VARCHAR, title VARCHAR, categories VARCHAR[], attributes VARCHAR);

CREATE TABLE IF NOT EXISTS users (user_id VARCHAR, attributes VARCHAR);

CREATE TABLE IF NOT EXISTS quarantine (
    ingestion_id VARCHAR,
    file VARCHAR,
    row_number BIGINT,
    reason VARCHAR,
    content VARCHAR
);

CREATE TABLE IF NOT EXISTS ingestions (
    ingestion_id VARCHAR,
    source VARCHAR,
    files VARCHAR[],
    read BIGINT,
    kept BIGINT,
    duplicate BIGINT,
    quarantined BIGINT,
    first_event_at TIMESTAMP,
    last_event_at TIMESTAMP,
    finished_at TIMESTAMP
);
