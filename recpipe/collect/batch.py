"""What the verbs of collect hand to each other and to the notebook."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Batch:
    """What one reading put into the staging tables.

    `read` counts all rows of events, `quarantined` the unusable ones among them; `reasons` says why,
    and how often (reasons in items and users say so). `files` reports how each file was read.
    """

    ingestion_id: str
    source: str
    files: tuple[Mapping[str, Any], ...]
    read: int
    quarantined: int
    items: int
    users: int
    reasons: Mapping[str, int]

    def frame(self) -> "pd.DataFrame":
        """Return one row a file: how it was read."""
        import pandas as pd

        return pd.DataFrame([dict(file) for file in self.files])

    def figures(self) -> dict[str, Any]:
        """Return what a run reports of the reading."""
        return {"files": [dict(file) for file in self.files], "reasons": dict(self.reasons)}


@dataclass(frozen=True)
class Ingestion:
    """What merging a batch did: read = kept + duplicate + quarantined."""

    ingestion_id: str
    source: str
    read: int
    kept: int
    duplicate: int
    quarantined: int
    first_event_at: datetime
    last_event_at: datetime

    def figures(self) -> dict[str, int]:
        """Return the account of the rows: read = kept + duplicate + quarantined."""
        return {name: getattr(self, name) for name in ("read", "kept", "duplicate", "quarantined")}


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
