"""What the workspace holds after collecting."""

from typing import TYPE_CHECKING

from recpipe.collect.batch import Summary
from recpipe.core.errors import DataError
from recpipe.core.files import content_id
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def summary(workspace: Workspace) -> Summary:
    """Count what is in `workspace` and name its content. Raises DataError before the first merge."""
    with connect(workspace.database) as store:
        if "events" not in store.tables():
            raise DataError(f"{workspace.root}: nothing is collected yet", "Run `recpipe stage collect`.")
        figures = store.run_sql("collect/summary").records()[0]
    prints = [figures.pop(f"{table}_print") for table in ("events", "items", "users")]
    return Summary(data=content_id(prints), **figures)


def events_per_day(workspace: Workspace) -> "pd.DataFrame":
    """Return events a day (UTC): a row a day, a column an event type. Days without events are left out."""
    with connect(workspace.database) as store:
        counts = store.run_sql("collect/events_per_day").frame()
    return counts.pivot(index="day", columns="event_type", values="events").fillna(0).astype("int64")
