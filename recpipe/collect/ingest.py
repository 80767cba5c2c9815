"""Read a source into the staging tables, and merge them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from recpipe.collect.batch import Batch, Ingestion, Staged
from recpipe.collect.forget import drop_forgotten
from recpipe.collect.params import CollectParams
from recpipe.collect.rules import Rules
from recpipe.collect.sources import open_source
from recpipe.collect.staging import Staging
from recpipe.collect.watermarks import asked_since
from recpipe.core.columns import EVENTS
from recpipe.core.errors import DataError
from recpipe.core.store import Store, connect
from recpipe.core.workspace import Workspace

logger = logging.getLogger("recpipe.collect")


def read(workspace: Workspace, params: CollectParams) -> Batch:
    """Read the source that `params` name into the staging tables of `workspace`, and commit them.

    What an earlier reading left there is replaced; files whose content was read before are left out.
    Unusable rows are staged too, with the reason. Raises ParameterError or DataError (nothing is staged
    then) if the source cannot be found or read, or gives no usable event.
    """
    source = open_source(params)
    looked = source.preflight()
    started_at = datetime.now(UTC)
    rules = Rules.of(params)
    ingestion_id = f"{started_at:%Y%m%d-%H%M%S-%f}-{uuid4().hex[:4]}"
    with connect(workspace.database) as store, store.transaction():
        since = asked_since(store, str(looked[0]["file"]), params) if source.incremental else None
        staging = Staging(store, ingestion_id, workspace.root, params.sample, rules, since)
        staging.prepare()
        files = source.stage(staging)
        oldest = rules.oldest()
        dropped = store.run_sql("collect/drop_expired", oldest=oldest).value() if oldest else 0
        dropped += drop_forgotten(store, workspace)
        staged = staged_counts(store, ingestion_id)
        # an incremental source may have nothing to tell; that is no loss
        is_new = bool(files) and not (since and not staged.staged)
        reasons = _reasons(store, params, staged, is_new=is_new and not dropped)
        store.run_sql(
            "collect/staged_figures",
            source=params.source,
            has_event_files=is_new and any(file["table"] == EVENTS for file in files),
            now=started_at.replace(tzinfo=None),
            fresh_days=params.fresh_days,
        )
    return Batch(
        ingestion_id=ingestion_id,
        source=params.source,
        started_at=started_at,
        files=tuple(files),
        unchanged=tuple(staging.unchanged),
        dropped=dropped,
        staged=staged,
        reasons=reasons,
    )


def merge(workspace: Workspace, batch: Batch, params: CollectParams | None = None) -> Ingestion:
    """Merge the staged `batch` into events, items, users and quarantine, in one transaction.

    Events that are there already (same event id or, without one, same user, item, type and time) add
    nothing; of items and users the newest row wins. Merging a merged batch again changes nothing. `params`
    say what is late and what is kept (None: the defaults). Raises DataError if another batch is staged.
    """
    with connect(workspace.database) as store:
        store.run_sql("collect/tables")
        known = store.run_sql("collect/ingestion", ingestion_id=batch.ingestion_id).records()
        if not known:
            refuse_other_batch(store, batch)
            with store.transaction():
                _merge_staged(store, batch, params or CollectParams())
            known = store.run_sql("collect/ingestion", ingestion_id=batch.ingestion_id).records()
    return Ingestion(**known[0])


def staged_counts(store: Store, ingestion_id: str) -> Staged:
    """Count what is staged under `ingestion_id`."""
    return Staged(**store.run_sql("collect/staged_counts", ingestion_id=ingestion_id).records()[0])


def refuse_other_batch(store: Store, batch: Batch) -> None:
    """Raise DataError if `batch` is not what is staged."""
    if "staged_events" not in store.tables() or staged_counts(store, batch.ingestion_id) != batch.staged:
        raise DataError(f"batch {batch.ingestion_id}: it is no longer staged", "Read the source again.")


def _merge_staged(store: Store, batch: Batch, params: CollectParams) -> None:
    ingestion_id = batch.ingestion_id
    span = {"first_event_at": batch.staged.first_event_at, "last_event_at": batch.staged.last_event_at}
    store.run_sql("collect/take_back")
    kept = store.run_sql("collect/merge_events", ingestion_id=ingestion_id, **span).value()
    if batch.staged.identified:
        kept += store.run_sql("collect/merge_identified_events", ingestion_id=ingestion_id).value()
    late = _count_late(store, batch, params.late_days, span) if kept else 0
    set_aside = _set_aside(store, params.max_events_per_day)
    for table in ("items", "users"):
        store.run_sql(f"collect/merge_{table}", ingestion_id=ingestion_id)
    store.run_sql("collect/merge_quarantine")
    store.run_sql("collect/record_files")
    finished_at = datetime.now(UTC)
    store.run_sql(
        "collect/record_ingestion",
        ingestion_id=ingestion_id,
        source=batch.source,
        files=[str(file["file"]) for file in batch.files],
        kept=kept,
        dropped=batch.dropped,
        late=late,
        **set_aside,
        finished_at=finished_at.replace(tzinfo=None),
        seconds=(finished_at - batch.started_at).total_seconds(),
    )
    store.run_sql("collect/drop_staging")
    oldest = Rules.of(params).oldest()
    if oldest:
        store.run_sql("collect/expire", oldest=oldest)


def _count_late(store: Store, batch: Batch, late_days: float, span: Mapping[str, datetime | None]) -> int:
    late: int = store.run_sql(
        "collect/late_events",
        ingestion_id=batch.ingestion_id,
        source=batch.source,
        late_days=late_days,
        **span,
    ).value()
    return late


def _set_aside(store: Store, most: int) -> dict[str, int]:
    """Set aside who has more than `most` events on one day (0: nobody); return how many users and events."""
    if not most:
        return {"set_aside_users": 0, "set_aside_events": 0}
    counts: dict[str, int] = store.run_sql("collect/set_aside", most=most).records()[0]
    if counts["set_aside_users"]:
        logger.warning(
            "warning: %s events of %s users are set aside: more than %s on one day. "
            "A higher collect.max_events_per_day brings them back.",
            *(f"{number:,}" for number in (counts["set_aside_events"], counts["set_aside_users"], most)),
        )
    return counts


def _reasons(store: Store, params: CollectParams, staged: Staged, *, is_new: bool) -> Mapping[str, int]:
    """Return how often each reason occurs. Raises DataError if there is something new and all of it bad."""
    limits = params.stop_shares
    bad = store.run_sql("collect/staged_reasons", reasons=list(limits), shares=list(limits.values())).rows()
    if is_new and staged.staged == staged.quarantined and not (staged.items or staged.users):
        raise DataError(
            f"{params.source}: {_no_good_row(staged.staged, bad)}", "Mend it; nothing was collected."
        )
    return {reason: count for reason, count, _ in bad}


def _no_good_row(read_rows: int, bad: Sequence[tuple[Any, ...]]) -> str:
    if not read_rows:
        return "there is no event in it"
    reason, count, first = bad[0]
    return (
        f"none of its {read_rows:,} rows is usable; {count:,} times: {reason}, "
        f"first in {first['file']}, row {first['row_number']}: {first['content'][:80]!r}"
    )
