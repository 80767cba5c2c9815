"""What the verbs of collect hand to each other and to the notebook."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Staged:
    """What lies in the staging tables.

    `staged` counts rows of events, `quarantined` the unusable and `identified` the usable ones with an
    event id among them; `items` and `users` usable rows of those. Times are of usable events, None
    without one.
    """

    items: int
    users: int
    staged: int
    quarantined: int
    identified: int
    first_event_at: datetime | None
    last_event_at: datetime | None


@dataclass(frozen=True)
class Batch:
    """What one reading put into the staging tables.

    `dropped` counts rows of events that were read and not even staged, being older than what is kept;
    `reasons` says why rows are unusable, and how often (reasons in items and users say so). `files`
    reports how each file was read; `unchanged` names those that were read before and left out.
    """

    ingestion_id: str
    source: str
    started_at: datetime
    files: tuple[Mapping[str, Any], ...]
    unchanged: tuple[str, ...]
    dropped: int
    staged: Staged
    reasons: Mapping[str, int]

    @property
    def read(self) -> int:
        """Rows of events that were read."""
        return self.staged.staged + self.dropped

    def frame(self) -> "pd.DataFrame":
        """Return one row a file: how it was read."""
        import pandas as pd

        return pd.DataFrame([dict(file) for file in self.files])

    def figures(self) -> dict[str, Any]:
        """Return what a run reports of the reading."""
        return {
            "files": [dict(file) for file in self.files],
            "unchanged_files": len(self.unchanged),
            "reasons": dict(self.reasons),
        }


@dataclass(frozen=True)
class Ingestion:
    """What merging a batch did: read = kept + duplicate + quarantined + dropped.

    `late` counts those of the kept events that came after much newer ones. `set_aside_*` count who does more
    in a day than is allowed, of all that was ever kept. Times are of usable events,
    None without one. `seconds` is the wall time from the begin of the reading.
    """

    ingestion_id: str
    source: str
    read: int
    kept: int
    duplicate: int
    quarantined: int
    dropped: int
    late: int
    set_aside_users: int
    set_aside_events: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    seconds: float

    def figures(self) -> dict[str, int]:
        """Return the account of the rows, and how many of those kept were late."""
        rows = ("read", "kept", "duplicate", "quarantined", "dropped", "late")
        return {name: getattr(self, name) for name in (*rows, "set_aside_users", "set_aside_events")}


@dataclass(frozen=True)
class Summary:
    """What the workspace holds after all ingestions.

    `data` names the content: equal events, items and users give equal ids, in whatever order and
    however often they came. `described_items` and `described_users` count the rows of items and
    users, `items` and `users` those that occur in events.
    """

    data: str
    events: int
    users: int
    items: int
    described_items: int
    described_users: int
    first_event_at: datetime
    last_event_at: datetime

    def figures(self) -> dict[str, Any]:
        """Return all of it, JSON-able."""
        times = {name: str(getattr(self, name)) for name in ("first_event_at", "last_event_at")}
        return asdict(self) | times
