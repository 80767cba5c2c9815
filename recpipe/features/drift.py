"""How far a snapshot has moved from the one that the champion was trained on."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recpipe.core import registry
from recpipe.core.store import connect
from recpipe.features.draft import SnapshotDraft, discarded_on_error

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger("recpipe.features")

COMPARED = {"user_features": "user_id", "item_features": "item_index"}
BINS = 10


@dataclass(frozen=True)
class Drift:
    """What moved since `since`, the champion's snapshot; "" where there is none to compare with.

    | field | meaning |
    |---|---|
    | `features` | rows of (table, feature, psi): the population stability index at the moment now |
    | `newcomers` | counts and shares of users, items and types that the other snapshot does not know |
    | `bound` | the index over which a feature is said to have moved |
    """

    since: str
    features: tuple[tuple[str, str, float], ...]
    newcomers: dict[str, Any]
    bound: float

    @property
    def moved(self) -> list[str]:
        """Return the features over the bound, as table.feature, the farthest first."""
        return [f"{table}.{name}" for table, name, psi in self.features if psi > self.bound]

    def frame(self) -> "pd.DataFrame":
        """Return one row a feature: table, feature, psi, moved; the farthest first."""
        import pandas as pd

        rows = [(*found, found[2] > self.bound) for found in self.features]
        return pd.DataFrame(rows, columns=["table", "feature", "psi", "moved"])

    def figures(self) -> dict[str, Any]:
        """Return what a stage reports."""
        return {"since": self.since, "moved": self.moved} | self.newcomers


def drift(draft: SnapshotDraft) -> Drift:
    """Compare the draft with the champion's snapshot and warn of features over `drift_bound`.

    The population stability index of a numeric feature is the sum over ten bins of (p - q) ln(p / q), where
    p and q are the shares of rows here and there, at the moment now, and the bins are tenths there; rows
    without a value are a bin of their own. Columns that one of the two does not have are left out.
    Ages and sums over a lifetime also move by the mere passing of time. Raises
    DataError if the champion's snapshot was altered; the draft is then discarded.
    """
    since = _champions_snapshot(draft)
    bound = draft.params.drift_bound
    if not since:
        return Drift("", (), {}, bound)
    with discarded_on_error(draft):
        there = draft.workspace.snapshots.verify(since)
    with connect(None) as store:
        found = [
            (table, *row)
            for table in COMPARED
            for row in _indices(store, draft.path(table), there / f"{table}.parquet")
        ]
        paths = {"users": "interactions", "items": "items"}
        here_and_there = {
            f"{name}_{side}": str(folder / f"{table}.parquet")
            for name, table in paths.items()
            for side, folder in (("here", draft.folder), ("there", there))
        }
        newcomers = store.run_sql("features/newcomers", **here_and_there).records()[0]
    known = draft.workspace.snapshots.manifest(since)["event_types"]
    newcomers["new_types"] = sorted(set(draft.inputs.event_types) - set(known))
    newcomers["gone_types"] = sorted(set(known) - set(draft.inputs.event_types))
    moved = Drift(since, tuple(sorted(found, key=lambda row: (-row[2], row[:2]))), newcomers, bound)
    if moved.moved:
        logger.warning(
            "moved since %s, the champion's snapshot, by more than features.drift_bound %g: %s",
            since,
            bound,
            ", ".join(moved.moved),
        )
    return moved


def _indices(store: Any, here: Path, there: Path) -> list[tuple[str, float]]:
    """The index of each numeric column that both files have."""
    columns = [
        {
            name
            for name, kind in store.query(
                "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet($path))", path=str(path)
            ).rows()
            if kind in {"BIGINT", "INTEGER", "DOUBLE"} and name != "item_index"
        }
        for path in (here, there)
    ]
    names = sorted(columns[0] & columns[1])
    found: list[tuple[str, float]] = store.run_sql(
        "features/drift", here=str(here), there=str(there), names=names, bins=BINS
    ).rows()
    return found


def _champions_snapshot(draft: SnapshotDraft) -> str:
    champion = registry.champion(draft.workspace)
    if not champion:
        return ""
    snapshot = str(draft.workspace.models.manifest(champion)["snapshot"])
    return snapshot if draft.workspace.snapshots.has(snapshot) else ""
