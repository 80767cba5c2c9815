"""The steps that benchmarks/data.py measures, each run as a process of its own.

    python benchmarks/data_steps.py STEP FOLDER ROWS

FOLDER holds events.parquet and night.parquet (made by the step `make`) and what the steps hand on.
"""

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from recpipe import collect
from recpipe.collect import CollectParams
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace

NIGHT_SHARE = 0.01
COLUMNS = "user_id, item_id, event_type, event_at AS timestamp, value, event_order"


class Steps:
    """One method a step; `rows` is how many events there are, the night's beside them."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder = folder
        self.rows = rows
        self.events = folder / "events.parquet"
        self.night_file = folder / "night.parquet"

    def make(self) -> None:
        """Simulate the events, the newest hundredth of them as the file of one night."""
        workspace = Workspace.open(self.folder / "made")
        simulated = int(self.rows * (1 + NIGHT_SHARE))
        collect.read(
            workspace,
            CollectParams(source="simulated", simulated_events=simulated, simulated_bad_share=0),
        )
        with connect(workspace.database) as store:
            first_of_night = store.query(
                "SELECT quantile_disc(event_at, $share) FROM staged_events", share=1 / (1 + NIGHT_SHARE)
            ).value()
            for path, comparison in ((self.events, "<"), (self.night_file, ">=")):
                store.query(
                    f"COPY (SELECT {COLUMNS} FROM staged_events WHERE event_at {comparison} $moment) "
                    f"TO '{path}' (FORMAT parquet)",
                    moment=first_of_night,
                )
        workspace.database.unlink()

    def read(self) -> None:
        """Stage the events; the batch is handed to the steps after."""
        self._stage(self._params())

    def check(self) -> None:
        """Hold what is staged against the suites."""
        collect.check(self._workspace(), self._batch(), report=self.folder / "checks.json")

    def merge(self) -> None:
        """Merge what is staged."""
        collect.merge(self._workspace(), self._batch(), self._params())

    def summary(self) -> None:
        """Count and name what there is."""
        collect.summary(self._workspace())

    def again(self) -> None:
        """Read the same events again (in another way, so that the file is not known) and merge them."""
        self._both(self._params(value_limit=1e11))

    def unchanged(self) -> None:
        """Look at the unchanged file."""
        self._both(self._params(value_limit=1e11))

    def touched(self) -> None:
        """Look at the file with another time of change: its content is hashed."""
        os.utime(self.events)
        self._both(self._params(value_limit=1e11))

    def night(self) -> None:
        """Read and merge the file of one night."""
        self._both(self._params(events=str(self.night_file)))

    def bare(self) -> None:
        """Do the least that DuckDB can: the distinct rows of the file, into a table."""
        with duckdb.connect(str(self.folder / "bare.duckdb")) as connection:
            connection.execute("SET memory_limit = '4GB'")
            connection.execute(f"CREATE TABLE events AS SELECT DISTINCT * FROM read_parquet('{self.events}')")

    def bare_night(self) -> None:
        """Add the rows of the night that are not there yet."""
        with duckdb.connect(str(self.folder / "bare.duckdb")) as connection:
            connection.execute("SET memory_limit = '4GB'")
            connection.execute(
                f"INSERT INTO events SELECT DISTINCT * FROM read_parquet('{self.night_file}') "
                "ANTI JOIN events USING (user_id, item_id, event_type, timestamp)"
            )

    def polars(self) -> None:
        """Write the distinct rows of the file, by Polars' streaming engine."""
        import polars

        polars.scan_parquet(self.events).unique().sink_parquet(self.folder / "polars.parquet")

    def pandas(self) -> None:
        """Write the distinct rows of the file, by pandas."""
        import pandas

        pandas.read_parquet(self.events).drop_duplicates().to_parquet(self.folder / "pandas.parquet")

    def _both(self, params: CollectParams) -> None:
        workspace = self._workspace()
        done = collect.merge(workspace, collect.read(workspace, params), params)
        print(f"    {done.figures()}", flush=True)

    def _params(self, **changed: object) -> CollectParams:
        return CollectParams.model_validate({"source": "files", "events": str(self.events)} | changed)

    def _workspace(self) -> Workspace:
        return Workspace.open(self.folder / "workspace")

    def _stage(self, params: CollectParams) -> None:
        batch = collect.read(self._workspace(), params)
        (self.folder / "batch.pickle").write_bytes(pickle.dumps(batch))

    def _batch(self) -> collect.Batch:
        batch: collect.Batch = pickle.loads((self.folder / "batch.pickle").read_bytes())
        return batch


def main(step: str, folder: str, rows: str) -> None:
    """Run one step."""
    run: Callable[[], None] = getattr(Steps(Path(folder), int(rows)), step)
    run()


if __name__ == "__main__":
    main(*sys.argv[1:])
