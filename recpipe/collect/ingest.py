"""Read a source into the staging tables, check them, merge them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from recpipe.collect.batch import Batch, Ingestion
from recpipe.collect.params import CollectParams
from recpipe.collect.sources import open_source
from recpipe.collect.staging import Staging
from recpipe.core.checks import CheckReport, check_table
from recpipe.core.errors import DataError
from recpipe.core.store import Store, connect
from recpipe.core.workspace import Workspace


def read(workspace: Workspace, params: CollectParams) -> Batch:
    """Read the source that `params` name into the staging tables of `workspace`, and commit them.

    What an earlier reading left there is replaced. Unusable rows are staged too, with the reason.
    Raises ParameterError or DataError (nothing is staged then) if the source cannot be found or
    read, or gives no usable event.
    """
    source = open_source(params)
    source.preflight()
    ingestion_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:8]}"
    with connect(workspace.database) as store, store.transaction():
        staging = Staging(store, ingestion_id, workspace.root, params.sample)
        staging.prepare()
        files = source.stage(staging)
        return _batch(store, ingestion_id, params.source, files)


def check(workspace: Workspace, batch: Batch, *, report: Path | None = None) -> CheckReport:
    """Hold the usable staged events against `expectations/events.json`.

    Results are added to the JSON file `report`. Raises CheckError if a critical expectation fails,
    DataError if `batch` is not what is staged.
    """
    with connect(workspace.database) as store:
        _refuse_other_batch(store, batch)
    query = "SELECT * EXCLUDE (reason, content) FROM staged_events WHERE reason IS NULL"
    return check_table("events", query, database=workspace.database, report=report)


def merge(workspace: Workspace, batch: Batch) -> Ingestion:
    """Merge the staged `batch` into events, items, users and quarantine, in one transaction.

    Events that are there already (same user, item, type and time) add nothing; of items and users
    the newest row wins. Merging a merged batch again changes nothing. Raises DataError if another
    batch is staged.
    """
    with connect(workspace.database) as store:
        store.run_sql("collect/tables")
        known = store.run_sql("collect/ingestion", ingestion_id=batch.ingestion_id).rows()
        if not known:
            _refuse_other_batch(store, batch)
            with store.transaction():
                _merge_staged(store, batch)
            known = store.run_sql("collect/ingestion", ingestion_id=batch.ingestion_id).rows()
    return Ingestion(*known[0])


def _merge_staged(store: Store, batch: Batch) -> None:
    kept = store.run_sql("collect/merge_events", ingestion_id=batch.ingestion_id).value()
    for table in ("items", "users", "quarantine"):
        store.run_sql(f"collect/merge_{table}")
    store.run_sql(
        "collect/record_ingestion",
        ingestion_id=batch.ingestion_id,
        source=batch.source,
        files=[str(file["file"]) for file in batch.files],
        kept=kept,
        finished_at=datetime.now(UTC).replace(tzinfo=None),
    )
    store.run_sql("collect/drop_staging")


def _batch(store: Store, ingestion_id: str, source: str, files: Sequence[Mapping[str, Any]]) -> Batch:
    counts = store.run_sql("collect/staged_counts", ingestion_id=ingestion_id).one()
    read_rows, quarantined, items, users = counts
    bad = store.run_sql("collect/staged_reasons").rows()
    if read_rows == quarantined:
        raise DataError(f"{source}: {_no_good_row(read_rows, bad)}", "Mend it; nothing was collected.")
    reasons = {reason: count for reason, count, _ in bad}
    return Batch(ingestion_id, source, tuple(files), read_rows, quarantined, items, users, reasons)


def _no_good_row(read_rows: int, bad: Sequence[tuple[Any, ...]]) -> str:
    if not read_rows:
        return "there is no event in it"
    reason, count, first = bad[0]
    return (
        f"none of its {read_rows:,} rows is usable; {count:,} times: {reason}, "
        f"first in {first['file']}, row {first['row_number']}: {first['content'][:80]!r}"
    )


def _refuse_other_batch(store: Store, batch: Batch) -> None:
    staged = (
        "staged_events" in store.tables()
        and store.run_sql("collect/staged_counts", ingestion_id=batch.ingestion_id).one()
    )
    if staged != (batch.read, batch.quarantined, batch.items, batch.users):
        raise DataError(f"batch {batch.ingestion_id}: it is no longer staged", "Read the source again.")
