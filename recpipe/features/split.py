"""Where the parts of a split begin, and how much is in each."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from recpipe.core.errors import DataError
from recpipe.core.store import Store
from recpipe.features.params import FeaturesParams

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Split:
    """Three parts, train before validation before test.

    A part holds the events from its time (UTC, inclusive) up to the next part's. With `kind`
    "last-event" there is no common time: `validation_from` and `test_from` are None.
    """

    kind: str
    validation_from: datetime | None
    test_from: datetime | None
    newest: datetime
    train_events: int
    validation_events: int
    test_events: int

    @property
    def cutoffs(self) -> dict[str, datetime | None]:
        """The two cutoffs, as the SQL files bind them."""
        return {"validation_from": self.validation_from, "test_from": self.test_from}

    @property
    def events(self) -> dict[str, int]:
        """Events of each part, by its name."""
        return {"train": self.train_events, "validation": self.validation_events, "test": self.test_events}

    def manifest(self) -> dict[str, str]:
        """Return kind and times (ISO 8601, "" where there is none) as the manifest keeps them."""
        times = self.cutoffs | {"newest": self.newest}
        return {"kind": self.kind} | {name: time.isoformat() if time else "" for name, time in times.items()}

    def frame(self) -> "pd.DataFrame":
        """Return one row a part: events, share of all events (0 to 1), first time."""
        import pandas as pd

        table = pd.DataFrame({"events": pd.Series(self.events)})
        table["share"] = table["events"] / table["events"].sum()
        table["from"] = ["", *(str(time or "last of each user") for time in self.cutoffs.values())]
        return table


def find_split(store: Store, params: FeaturesParams) -> Split:
    """Find the parts of the events in `store`, a database that holds at least one event.

    Raises DataError naming the parts that are left empty, with figures and what to change.
    """
    if params.split == "time":
        shares = {"test_share": params.test_share, "validation_share": params.validation_share}
        found = store.run_sql("features/split_time", **shares)
    else:
        found = store.run_sql("features/split_last_event")
    split = Split(kind=params.split, **found.records()[0])
    empty = [part for part, events in split.events.items() if events == 0]
    if empty:
        raise _empty_parts(split, empty, params)
    return split


def _empty_parts(split: Split, empty: list[str], params: FeaturesParams) -> DataError:
    message = f"the split {split.kind!r} leaves {' and '.join(empty)} empty: {_figures(split)}"
    if split.kind == "last-event":
        return DataError(
            f"{message}; no user has events at three times",
            "Collect more events, or use --features.split time.",
        )
    return DataError(
        f"{message}; features.test_share is {params.test_share:g}, features.validation_share "
        f"{params.validation_share:g}, and events of the same time stay on one side",
        _change_of_shares(split, empty),
    )


def _change_of_shares(split: Split, empty: list[str]) -> str:
    if sum(split.events.values()) < len(split.events):
        return "Collect more events: three parts need three."
    if len(empty) > 1:
        return "Use --features.split last-event: there are too few different times to cut between."
    return "Lower --features.test_share or --features.validation_share, or use --features.split last-event."


def _figures(split: Split) -> str:
    parts: dict[str, Any] = split.events
    counted = ", ".join(f"{events:,} {part}" for part, events in parts.items())
    return f"of {sum(parts.values()):,} events up to {split.newest} {counted}"
