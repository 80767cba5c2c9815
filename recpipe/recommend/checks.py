"""Check lists before anybody can read them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.bases import base_of
from recpipe.core.checks import CheckReport, check_table
from recpipe.core.store import connect, temporary_database
from recpipe.core.workspace import Workspace
from recpipe.recommend.filters import Filters
from recpipe.recommend.item_rules import available_at, item_files
from recpipe.recommend.lists import Lists
from recpipe.recommend.schema import CURRENT, SCHEMA

SUITE = "recommendations"

OFFER = pa.schema([(c.AVAILABLE_FROM, pa.timestamp("us")), (c.AVAILABLE_UNTIL, pa.timestamp("us"))])
"""Columns that snapshots of an earlier version lack."""


def check(workspace: Workspace, lists: Lists, report: Path | None = None) -> CheckReport:
    """Run the suite `recommendations` on the parts of the draft, and write `report` (JSON) if given.

    The draft is discarded when a critical expectation fails (CheckError): what was published before
    stays current.
    """
    try:
        return _check(workspace, lists, report)
    except BaseException:
        lists.draft.discard()
        raise


def _check(workspace: Workspace, lists: Lists, report: Path | None) -> CheckReport:
    with temporary_database(workspace.root) as database:
        told = _write_filters(lists.filters, database.parent)
        with connect(database) as store:
            # joined once and kept: each expectation then costs one scan
            store.run_sql(
                "recommend/checked_lists",
                lists=str(lists.draft.folder / "part-*.parquet"),
                interactions=str(lists.snapshot.folder / "interactions.parquet"),
                items=told.pop("items") + item_files(lists.snapshot),
                vocabularies=[
                    str(workspace.models.path(base_of(workspace, version)) / "vocabulary.parquet")
                    for version in sorted(set(lists.variants.values()))
                ],
                available_at=available_at(lists.snapshot, lists.params),
                k=lists.params.k,
                previous=_previous(workspace) or [told["empty"]],
                **lists.params.bounds(),
                **{name: value for name, value in told.items() if name != "empty"},
            )
        return check_table(SUITE, "SELECT * FROM checked_lists", database=database, report=report)


def _previous(workspace: Workspace) -> list[str]:
    """Return the parts of what readers see now; none if nothing is published yet."""
    current = workspace.publications.pointed(CURRENT)
    if not workspace.publications.has(current):
        return []
    return [str(part) for part in workspace.publications.path(current).glob("part-*.parquet")]


def _write_filters(filters: Filters, folder: Path) -> dict[str, Any]:
    """Write what the filters say into `folder`; return what the SQL is bound to."""
    index = pa.array(np.arange(1, len(filters.allowed), dtype=np.int32))
    capped = [
        pa.table(
            {
                "cap": pa.array(np.full(int((cap.groups > 0).sum()), number, np.int32)),
                c.ITEM_INDEX: pa.array(np.flatnonzero(cap.groups).astype(np.int32)),
                "item_group": pa.array(cap.groups[cap.groups > 0]),
                "at_most": pa.array(np.full(int((cap.groups > 0).sum()), cap.at_most, np.int32)),
            }
        )
        for number, cap in enumerate(filters.caps)
    ]
    none = pa.table(
        {name: pa.array([], pa.int32()) for name in ("cap", c.ITEM_INDEX, "item_group", "at_most")}
    )
    tables = {
        "allowed": pa.table({c.ITEM_INDEX: index, "is_allowed": pa.array(filters.allowed[1:])}),
        "blocked": filters.blocked,
        "caps": pa.concat_tables([none, *capped]),
        "items": OFFER.empty_table(),
        "empty": SCHEMA.empty_table(),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    paths: dict[str, Any] = {name: str(folder / f"{name}.parquet") for name in tables}
    weights = [1.0] if filters.weights is None else filters.weights[1:].tolist()
    seen = {"excludes_seen": filters.excludes_seen or filters.seen_since is not None}
    return paths | seen | {"items": [paths["items"]], "since": filters.seen_since, "weights": weights}
