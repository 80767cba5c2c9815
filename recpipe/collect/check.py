"""Hold what is staged against the expectations."""

from pathlib import Path

from recpipe.collect.batch import Batch
from recpipe.collect.ingest import refuse_other_batch
from recpipe.core.checks import CheckReport, check_table
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace

TABLES = ("events", "items", "users")
WHY_BAD = "reason, bad_column, bad_value, content"
"""Columns of the staging tables that usable rows have no use for."""


def check(workspace: Workspace, batch: Batch, *, report: Path | None = None) -> CheckReport:
    """Hold what is staged against the suites of `expectations/`: `batch`, then `events`, `items`, `users`.

    `batch` is about the reading as a whole (how much, how fresh, how bad), the others about the usable
    rows of a table; where nothing of a table is staged, or nothing new was read, there is nothing to
    hold. Results are added to the JSON file `report` and the page beside it. Raises CheckError if a
    critical expectation fails, DataError if `batch` is not what is staged.
    """
    with connect(workspace.database) as store:
        refuse_other_batch(store, batch)
    if not batch.files:
        return CheckReport(())
    usable = (batch.staged.staged - batch.staged.quarantined, batch.staged.items, batch.staged.users)
    queries = {"batch": "SELECT * FROM staged_figures"} | {
        table: f"SELECT * EXCLUDE ({WHY_BAD}) FROM staged_{table} WHERE reason IS NULL"
        for table, rows in zip(TABLES, usable, strict=True)
        if rows
    }
    reports = [
        check_table(suite, query, database=workspace.database, report=report, stop=False)
        for suite, query in queries.items()
    ]
    found = CheckReport(tuple(result for one in reports for result in one.results))
    found.raise_critical()
    return found
