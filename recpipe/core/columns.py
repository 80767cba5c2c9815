"""Every table and column name, once.

SQL files spell the names out, because SQL is read as prose; `tests/core/test_columns.py` holds the
files to the names below.
"""

USER_ID = "user_id"
ITEM_ID = "item_id"
EVENT_TYPE = "event_type"
EVENT_AT = "event_at"
VALUE = "value"
EVENT_ORDER = "event_order"
EVENT_ID = "event_id"
INGESTION_ID = "ingestion_id"
TITLE = "title"
CATEGORIES = "categories"
ATTRIBUTES = "attributes"
PRICE = "price"
AVAILABLE_FROM = "available_from"
AVAILABLE_UNTIL = "available_until"
OFFER = (PRICE, AVAILABLE_FROM, AVAILABLE_UNTIL)

ITEM_INDEX = "item_index"
ITEM_INDICES = "item_indices"
EVENT_TYPES = "event_types"
EVENT_ATS = "event_ats"
TRAIN_COUNT = "train_count"
VALIDATION_COUNT = "validation_count"
TEST_COUNT = "test_count"
MOMENT = "moment"
AS_OF = "as_of"
EVENTS = "events"
RECENT_EVENTS = "recent_events"
USERS = "users"
PRICE_POSITION = "price_position"

RANK = "rank"
SCORE = "score"
REASON = "reason"
VARIANT = "variant"
PROPENSITY = "propensity"
MODEL_VERSION = "model_version"
GENERATED_AT = "generated_at"

TABLES: dict[str, tuple[str, ...]] = {
    "events": (USER_ID, ITEM_ID, EVENT_TYPE, EVENT_AT, VALUE, EVENT_ORDER, INGESTION_ID, EVENT_ID),
    "items": (ITEM_ID, TITLE, CATEGORIES, ATTRIBUTES, *OFFER),
    "item_history": (ITEM_ID, TITLE, CATEGORIES, ATTRIBUTES, *OFFER, INGESTION_ID),
    "users": (USER_ID, ATTRIBUTES),
    "user_history": (USER_ID, ATTRIBUTES, INGESTION_ID),
    "quarantine": (
        INGESTION_ID,
        "file",
        "row_number",
        "reason",
        "content",
        "table_name",
        USER_ID,
        "bad_column",
        "bad_value",
    ),
    "ingestions": (
        INGESTION_ID,
        "source",
        "files",
        "read",
        "kept",
        "duplicate",
        "quarantined",
        "first_event_at",
        "last_event_at",
        "finished_at",
        "dropped",
        "late",
        "seconds",
        "set_aside_users",
        "set_aside_events",
    ),
    "set_aside": (USER_ID, ITEM_ID, EVENT_TYPE, EVENT_AT, VALUE, EVENT_ORDER, INGESTION_ID, EVENT_ID),
    "forgotten": ("user_hash", "forgotten_at"),
    "carriers": ("user_hash", "shelf", "name", "noted_at"),
    "ingested_files": (
        INGESTION_ID,
        "table_name",
        "file",
        "fingerprint",
        "content_hash",
        "reading",
        "read",
        "quarantined",
        "first_event_at",
        "last_event_at",
    ),
}
"""Tables of the workspace's database."""

SNAPSHOT_TABLES: dict[str, tuple[str, ...]] = {
    "interactions": (
        USER_ID,
        ITEM_INDICES,
        EVENT_TYPES,
        EVENT_ATS,
        TRAIN_COUNT,
        VALIDATION_COUNT,
        TEST_COUNT,
        ATTRIBUTES,
    ),
    "items": (ITEM_INDEX, ITEM_ID, TITLE, CATEGORIES, ATTRIBUTES, *OFFER, PRICE_POSITION),
    "new_items": (ITEM_INDEX, ITEM_ID, TITLE, CATEGORIES, ATTRIBUTES, *OFFER),
    "user_features": (
        USER_ID,
        MOMENT,
        AS_OF,
        EVENTS,
        "items",
        "active_days",
        "days_since_first",
        "days_since_last",
        RECENT_EVENTS,
        "baskets",
        "sessions",
        "events_per_session",
        "repeat_rate",
        "novelty",
        "price_band",
        "type_shares",
        "weekday_shares",
        "quarter_of_day_shares",
        "interests",
        "level_interests",
        ATTRIBUTES,
    ),
    "item_features": (
        ITEM_INDEX,
        MOMENT,
        AS_OF,
        EVENTS,
        RECENT_EVENTS,
        USERS,
        "age_days",
        "category",
        "events_7_days",
        "events_30_days",
        "events_90_days",
        "trend",
        "conversion",
        PRICE_POSITION,
    ),
    "segments": (USER_ID, MOMENT, "segment"),
}
"""Parquet files of a snapshot."""
