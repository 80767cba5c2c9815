"""A shop of three customers and ten days, one event a day: every figure can be counted by hand.

With shares of 0.2, days 0 to 5 are train, 6 and 7 validation, 8 and 9 test.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recpipe import features
from recpipe.core import store
from recpipe.core.workspace import Workspace
from recpipe.features import FeaturesParams, SnapshotDraft

START = datetime(2024, 1, 1)
PARAMS = {"test_share": 0.2, "validation_share": 0.2, "half_life_days": 1.0, "recent_days": 3}

EVENTS = [
    (0, "ann", "a"),
    (1, "ann", "b"),
    (2, "bob", "a"),
    (3, "bob", "c"),
    (4, "ann", "a"),
    (5, "cat", "b"),
    (6, "ann", "c"),
    (7, "bob", "a"),
    (8, "ann", "d"),
    (9, "cat", "a"),
]
"""Day, user, item, and optionally the type of the event, its order and its value."""

ITEMS = [("a", ["x"]), ("b", ["x", "y"]), ("c", ["y"])]
"""Item d has no row: it was sold before anybody described it."""

USERS = ["ann", "dan"]
"""Dan has done nothing yet."""


TOLD = '{"age":"35-44"}'
"""What is known of every user of the users table."""

MORE = ("event_type", "event_order", "value")
EVENT_SCHEMA = pa.schema(
    [
        ("event_at", pa.timestamp("us")),
        *((name, pa.string()) for name in ("user_id", "item_id", "event_type")),
        ("event_order", pa.int64()),
        ("value", pa.float64()),
    ]
)
ITEM_SCHEMA = pa.schema(
    [("item_id", pa.string()), ("title", pa.string()), ("categories", pa.list_(pa.string()))]
)


def day(number: float) -> datetime:
    """Return the time `number` days after the shop opened."""
    return START + timedelta(days=number)


def fill(
    workspace: Workspace,
    events: Iterable[Sequence[Any]] = EVENTS,
    items: Iterable[tuple[str, list[str]]] = ITEMS,
    users: Iterable[str] = USERS,
) -> Workspace:
    """Fill the tables that collect writes."""
    happened = [
        {"event_at": day(number), "user_id": user, "item_id": item} | dict(zip(MORE, rest, strict=False))
        for number, user, item, *rest in events
    ]
    described = [{"item_id": item, "title": f"Title of {item}", "categories": names} for item, names in items]
    with store.connect(workspace.database) as database:
        make_tables(database)
        database.insert_arrow("events", pa.Table.from_pylist(happened, EVENT_SCHEMA))
        database.insert_arrow("items", pa.Table.from_pylist(described, ITEM_SCHEMA))
        database.insert_arrow("users", pa.table({"user_id": pa.array(users, pa.string())}))
        database.query("UPDATE events SET event_type = 'purchase' WHERE event_type IS NULL")
        database.query("UPDATE items SET attributes = '{}'")
        database.query("UPDATE users SET attributes = $told", told=TOLD)
    return workspace


def make_tables(database: store.Store) -> None:
    """Make the tables of the contract, empty."""
    database.query(
        """
        CREATE OR REPLACE TABLE events (user_id VARCHAR, item_id VARCHAR, event_type VARCHAR,
            event_at TIMESTAMP, value DOUBLE, event_order BIGINT, ingestion_id VARCHAR);
        CREATE OR REPLACE TABLE items (
            item_id VARCHAR, title VARCHAR, categories VARCHAR[], attributes VARCHAR, price DOUBLE,
            available_from TIMESTAMP, available_until TIMESTAMP);
        CREATE OR REPLACE TABLE users (user_id VARCHAR, attributes VARCHAR);
        """
    )


def write(workspace: Workspace, **params: Any) -> SnapshotDraft:
    """Write the tables of a draft, with the shop's parameters unless others are given."""
    draft = features.open_draft(workspace, FeaturesParams(**(PARAMS | params)), "data-1")
    features.write_histories(draft)
    features.describe(draft)
    return draft


def rows(draft: SnapshotDraft, table: str, *columns: str, moment: str = "") -> list[tuple[Any, ...]]:
    """Return rows of a table of the draft, some columns (all if none), at one moment (all if "")."""
    found = pq.read_table(draft.path(table)).to_pylist()
    chosen = [row for row in found if not moment or row["moment"] == moment]
    return [tuple(row[name] for name in columns or row) for row in chosen]
