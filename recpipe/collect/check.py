"""Hold what is staged against the expectations."""

from pathlib import Path

from recpipe.collect.batch import Batch
from recpipe.collect.ingest import refuse_other_batch
from recpipe.core.checks import CheckReport, check_table
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace


def check(workspace: Workspace, batch: Batch, *, report: Path | None = None) -> CheckReport:
    """Hold the usable staged events against `expectations/events.json`.

    Results are added to the JSON file `report`. Raises CheckError if a critical expectation fails,
    DataError if `batch` is not what is staged.
    """
    with connect(workspace.database) as store:
        refuse_other_batch(store, batch)
    if not batch.staged.staged:
        return CheckReport(())
    query = "SELECT * EXCLUDE (reason, content) FROM staged_events WHERE reason IS NULL"
    return check_table("events", query, database=workspace.database, report=report)
