"""What a snapshot is made from: the content of the database, counted and named."""

from dataclasses import asdict, dataclass
from typing import Any

from recpipe.core.columns import EVENTS
from recpipe.core.errors import DataError
from recpipe.core.store import Store
from recpipe.core.workspace import Workspace

MOST_EVENT_TYPES = 255
"""Histories keep the type of an event in one byte, 0 meaning none."""


@dataclass(frozen=True)
class Inputs:
    """The content of the database: the id that collect handed on, rows of each table, types of event.

    ordered_events: how many of the events came with an `event_order`.
    """

    data: str
    events: int
    ordered_events: int
    items: int
    users: int
    event_types: tuple[str, ...]

    def manifest(self) -> dict[str, Any]:
        """Return what the manifest keeps under `inputs`."""
        kept = asdict(self)
        kept.pop("event_types")
        return kept


def read_inputs(store: Store, workspace: Workspace, data: str) -> Inputs:
    """Count and name what is in the database. Raises DataError if there is no event."""
    if EVENTS not in store.tables():
        raise no_events(workspace)
    record = store.run_sql("features/inputs").records()[0]
    if not record["events"]:
        raise no_events(workspace)
    types = tuple(record.pop("event_types"))
    if len(types) > MOST_EVENT_TYPES:
        raise DataError(
            f"{workspace.database}: {len(types):,} types of event; {MOST_EVENT_TYPES} is the most",
            "Give --collect.columns another column as event_type: this one looks like an id.",
        )
    return Inputs(data=data, event_types=types, **record)


def no_events(workspace: Workspace) -> DataError:
    """Return the error for a workspace in which nothing was collected."""
    return DataError(f"{workspace.database}: no events", "Run `recpipe stage collect` first.")
