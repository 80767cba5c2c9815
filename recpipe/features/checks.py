"""Check the tables of a draft before anybody can read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recpipe.core.checks import CheckReport, check_table
from recpipe.core.store import connect, temporary_database
from recpipe.features.draft import SnapshotDraft, discarded_on_error

READ_BY = {
    "interactions": ("interactions", "items"),
    "user_features": ("interactions", "user_features"),
    "item_features": ("interactions", "items", "item_features"),
    "segments": ("user_features", "segments"),
}
"""The suites, and the tables that each one holds against each other."""


def check(draft: SnapshotDraft, report: Path | None = None) -> CheckReport:
    """Run the suites on the draft's Parquet files; write `report` (JSON) if given.

    When a critical expectation fails (CheckError) the draft is discarded: the snapshot before it
    stays the newest. One that is used again is checked too, since expectations may have changed.
    """
    with discarded_on_error(draft), checked_tables(draft) as database:
        reports = [
            check_table(suite, f"SELECT * FROM checked_{suite}", database=database, report=report)
            for suite in READ_BY
        ]
    return CheckReport(tuple(result for found in reports for result in found.results))


@contextmanager
def checked_tables(draft: SnapshotDraft) -> Iterator[Path]:
    """Keep, in a database of its own, a row of plain figures for each row of the Parquet files.

    Lists are read and tables joined once; each expectation then costs one scan.
    """
    with temporary_database(draft.workspace.root) as database:
        with connect(database) as store:
            for suite in READ_BY:
                store.run_sql(f"features/checked_{suite}", **_bound(draft, suite))
        yield database


def _bound(draft: SnapshotDraft, suite: str) -> dict[str, Any]:
    bound: dict[str, Any] = {table: str(draft.path(table)) for table in READ_BY[suite]}
    if suite == "interactions":
        return bound | draft.split.cutoffs | {"event_types": len(draft.inputs.event_types)}
    if suite == "segments":
        return bound | {"segment_names": list(draft.params.segments)}
    if suite == "item_features":
        return bound | {"min_item_events": draft.params.min_item_events}
    params = {name: getattr(draft.params, name) for name in ("category_levels", "interest_count")}
    return bound | params | {"event_types": len(draft.inputs.event_types)}
