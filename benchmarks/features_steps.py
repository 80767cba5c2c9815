"""The steps that benchmarks/features.py measures, each run as a process of its own.

    python benchmarks/features_steps.py STEP FOLDER EVENTS

FOLDER is a workspace, filled by the step `make`.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

from recpipe import collect, features
from recpipe.collect import CollectParams
from recpipe.core import store
from recpipe.core.workspace import Workspace
from recpipe.features import FeaturesParams, SnapshotDraft
from recpipe.run.runner import run_stage

BARE = {
    "vocabulary": "SELECT item_id, row_number() OVER (ORDER BY item_id), count(*) FROM events "
    "GROUP BY item_id",
    "by_day": "SELECT item_id, event_at::DATE, count(*), count(DISTINCT user_id) FROM events GROUP BY ALL",
    "last_50": "SELECT user_id, item_id, event_at FROM (SELECT *, row_number() OVER (PARTITION BY user_id "
    "ORDER BY event_at DESC, event_order DESC, item_id) AS place FROM events) WHERE place <= 50",
    "lists": "SELECT user_id, list(item_id ORDER BY event_at, event_order, item_id), "
    "list(event_type ORDER BY event_at, event_order, item_id), "
    "list(event_at ORDER BY event_at, event_order, item_id) FROM events GROUP BY user_id ORDER BY user_id",
}
"""What anybody would write for the same tables."""


DATA = {"data": "simulated"}
"""The id of the data: without one nothing can be compared."""


class Steps:
    """One method a step; `events` is how many there are."""

    def __init__(self, folder: Path, events: int) -> None:
        self.workspace = Workspace.open(folder)
        self.events = events
        self.kept = folder / "draft.pickle"

    def make(self) -> None:
        """Simulate the events straight into the workspace."""
        params = CollectParams(source="simulated", simulated_events=self.events)
        batch = collect.read(self.workspace, params)
        collect.merge(self.workspace, batch, params)

    def snapshot(self) -> None:
        """Write the tables of a draft; the steps after find it."""
        draft = features.open_draft(self.workspace, FeaturesParams())
        features.write_histories(draft)
        features.describe(draft)
        self.kept.write_bytes(pickle.dumps(draft))

    def check(self) -> None:
        """Hold the tables against the suites."""
        features.check(self._draft(), self.workspace.root / "checks.json")

    def seal(self) -> None:
        """Hash, sync and name the snapshot."""
        features.seal(self._draft())

    def stage(self) -> None:
        """Run the whole stage, its notebook in a kernel, as a run does."""
        run_stage("features", FeaturesParams(), self.workspace, self.workspace.new_run(), DATA)

    def unchanged(self) -> None:
        """Run the stage again on the same input."""
        result = run_stage("features", FeaturesParams(), self.workspace, self.workspace.new_run(), DATA)
        if not result.reused:
            raise SystemExit("the snapshot was made again")

    def bare(self, query: str) -> None:
        """Write one table by bare SQL."""
        path = str(self.workspace.root / f"bare-{query}.parquet")
        with store.connect(self.workspace.database, read_only=True) as database:
            database.query(f"COPY ({BARE[query]}) TO $path (FORMAT parquet, COMPRESSION zstd)", path=path)

    def _draft(self) -> SnapshotDraft:
        draft: SnapshotDraft = pickle.loads(self.kept.read_bytes())
        return draft


def main(step: str, folder: str, events: str) -> None:
    """Run one step."""
    store.MEMORY_LIMIT = "4GB"
    steps = Steps(Path(folder), int(events))
    if step in BARE:
        steps.bare(step)
        return
    run: Callable[[], None] = getattr(steps, step)
    run()


if __name__ == "__main__":
    main(*sys.argv[1:])
