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

-- Columns that workspaces of an earlier version lack.
ALTER TABLE events ADD COLUMN IF NOT EXISTS event_id VARCHAR;
ALTER TABLE items ADD COLUMN IF NOT EXISTS price DOUBLE;
ALTER TABLE items ADD COLUMN IF NOT EXISTS available_from TIMESTAMP;
ALTER TABLE items ADD COLUMN IF NOT EXISTS available_until TIMESTAMP;
ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS table_name VARCHAR DEFAULT 'events';
ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS user_id VARCHAR;
ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS bad_column VARCHAR;
ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS bad_value VARCHAR;
ALTER TABLE ingestions ADD COLUMN IF NOT EXISTS dropped BIGINT DEFAULT 0;
ALTER TABLE ingestions ADD COLUMN IF NOT EXISTS late BIGINT DEFAULT 0;
ALTER TABLE ingestions ADD COLUMN IF NOT EXISTS seconds DOUBLE;
ALTER TABLE ingestions ADD COLUMN IF NOT EXISTS set_aside_users BIGINT DEFAULT 0;
ALTER TABLE ingestions ADD COLUMN IF NOT EXISTS set_aside_events BIGINT DEFAULT 0;

-- Events of users who do more in a day than a person can; they come back when the bound allows.
CREATE TABLE IF NOT EXISTS set_aside (
    user_id VARCHAR,
    item_id VARCHAR,
    event_type VARCHAR,
    event_at TIMESTAMP,
    value DOUBLE,
    event_order BIGINT,
    ingestion_id VARCHAR,
    event_id VARCHAR
);

-- Users who were erased, by a keyed hash of their id: their rows are refused when they come again.
CREATE TABLE IF NOT EXISTS forgotten (user_hash VARCHAR, forgotten_at TIMESTAMP);

-- What still held an erased user when it was erased, to be removed later.
CREATE TABLE IF NOT EXISTS carriers (user_hash VARCHAR, shelf VARCHAR, name VARCHAR, noted_at TIMESTAMP);

-- Every word on an item or user as it became current; the newest one is in items or users too.
CREATE TABLE IF NOT EXISTS item_history (
    item_id VARCHAR,
    title VARCHAR,
    categories VARCHAR[],
    attributes VARCHAR,
    price DOUBLE,
    available_from TIMESTAMP,
    available_until TIMESTAMP,
    ingestion_id VARCHAR
);

CREATE TABLE IF NOT EXISTS user_history (user_id VARCHAR, attributes VARCHAR, ingestion_id VARCHAR);

-- One row for each file of an ingestion: what it was, and how it was read.
CREATE TABLE IF NOT EXISTS ingested_files (
    ingestion_id VARCHAR,
    table_name VARCHAR,
    file VARCHAR,
    fingerprint VARCHAR,
    content_hash VARCHAR,
    reading VARCHAR,
    read BIGINT,
    quarantined BIGINT,
    first_event_at TIMESTAMP,
    last_event_at TIMESTAMP
);
