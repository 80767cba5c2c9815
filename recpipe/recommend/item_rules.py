"""Which items may stand in anybody's list, and how many of a kind: rules about items, not about users."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from recpipe.core import columns as c
from recpipe.core.caps import Cap
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.snapshot import Snapshot
from recpipe.core.store import DatabaseError, connect
from recpipe.core.vocabulary import Vocabulary
from recpipe.recommend.params import RecommendParams

CATEGORY = "category"
"""What `at_most` calls the top of the category path; every other name is an attribute."""

HEAD_SHARE = 0.2
"""Of all events: the items that have them are the most popular ones (see `popular_cap`)."""

logger = logging.getLogger("recpipe.recommend")


def available_at(snapshot: Snapshot, params: RecommendParams) -> datetime:
    """Return when listed items must be available, UTC without a zone.

    The snapshot's newest event unless a time is given: the same inputs then make the same lists.
    """
    time = datetime.fromisoformat(params.available_at or snapshot.manifest["split"]["newest"])
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def allowed_items(
    snapshot: Snapshot, params: RecommendParams
) -> tuple[np.ndarray, dict[str, int], dict[str, int]]:
    """Return which items of the catalogue may be listed, (items + 1,) bool, row 0 never.

    With it, how many items each parameter refuses, and how many of the names that it gives are unknown.
    Names that are unknown are warned of. Raises DataError if nothing is left, or a file cannot be read;
    ParameterError for a condition that is none.
    """
    catalogue = snapshot.catalogue()
    allowed = np.ones(len(catalogue) + 1, bool)
    allowed[0] = False
    refused, unknown = {}, {}
    for name, may, strange in _rules(snapshot, catalogue, params):
        refused[name] = int((~may).sum())
        allowed[1:] &= may
        if strange:
            unknown[name] = len(strange)
            logger.warning(
                "recommend.%s: %d of its names are unknown, e.g. %r", name, len(strange), strange[0]
            )
    if not allowed.any():
        told = ", ".join(f"{name} refuses {count:,}" for name, count in refused.items())
        raise DataError(
            f"the filters leave none of {len(catalogue):,} items for anybody: {told}",
            "Loosen the filters of [recommend].",
        )
    return allowed, refused, unknown


Rule = tuple[str, np.ndarray, list[str]]
"""A parameter, which items (n,) it lets pass, and the names it gives that are unknown."""


def _rules(snapshot: Snapshot, catalogue: pa.Table, params: RecommendParams) -> Iterator[Rule]:
    ids = Vocabulary(catalogue.column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    time = np.datetime64(available_at(snapshot, params), "us")
    begins, ends = (
        catalogue.column(name).to_numpy().astype("datetime64[us]")
        for name in (c.AVAILABLE_FROM, c.AVAILABLE_UNTIL)
    )
    yield "available_at", ~(begins > time) & ~(ends < time), []  # a time that is none compares false
    for name, lets in (("allow_items", True), ("deny_items", False)):
        if path := getattr(params, name):
            named, strange = _listed(name, Path(path), ids)
            yield name, named == lets, strange
    for name, lets in (("allow_where", True), ("deny_where", False)):
        if condition := getattr(params, name):
            yield name, _where(snapshot, name, condition, len(catalogue)) == lets, []
    for name, lets in (("categories_in", True), ("categories_out", False)):
        if names := getattr(params, name):
            named, strange = _of_categories(catalogue, names)
            yield name, named == lets, strange


def _listed(name: str, path: Path, ids: Vocabulary) -> tuple[np.ndarray, list[str]]:
    """Which items a file names, (n,) bool, and its lines that name none."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"recommend.{name} {path}: cannot be read ({error})", "Name a text file with one item id a line."
        ) from None
    found = ids.index_of(np.array(lines, object))
    named = np.zeros(ids.size + 1, bool)
    named[found] = True
    return named[1:], [line for line, index in zip(lines, found, strict=True) if index == 0]


def _of_categories(catalogue: pa.Table, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Which items have one of the categories, (n,) bool, and the names that no item has."""
    paths = catalogue.column(c.CATEGORIES).combine_chunks()
    rows = np.repeat(np.arange(len(paths)), np.diff(paths.offsets.to_numpy()))
    values = paths.flatten().to_numpy(zero_copy_only=False).astype(object)
    named = np.zeros(len(paths), bool)
    known = set()
    for row, value in zip(rows, values, strict=True):
        if value in names:
            named[row] = True
            known.add(value)
    return named, [name for name in names if name not in known]


def _where(snapshot: Snapshot, name: str, condition: str, items: int) -> np.ndarray:
    met = np.zeros(items + 1, bool)
    with connect(None) as store:
        try:
            # a condition is SQL of the user's own, so it cannot be bound; a line of its own ends its comments
            found = store.query(
                f"SELECT item_index FROM read_parquet($items, union_by_name = true) WHERE (\n{condition}\n)",
                items=item_files(snapshot),
            ).rows()
        except DatabaseError as error:
            raise ParameterError(
                f"recommend.{name}: {condition!r} is no condition on items ({str(error).splitlines()[0]})",
                "Items have item_id, title, categories, attributes, price, available_from, available_until.",
            ) from None
    met[[index for (index,) in found]] = True
    return met[1:]


def caps(snapshot: Snapshot, at_most: dict[str, int], items: int) -> tuple[Cap, ...]:
    """Return a cap for each attribute, in the catalogue's item indices up to `items`.

    Raises DataError for an attribute that no item has.
    """
    return tuple(
        Cap(item_groups(snapshot, name, items, f"recommend.at_most names {name!r}"), number)
        for name, number in at_most.items()
    )


def popular_cap(snapshot: Snapshot, share: float, k: int, items: int) -> Cap:
    """Return the cap that keeps the most popular items out of `share` of k places.

    They are the fewest items that together have HEAD_SHARE of all events.
    """
    events = np.zeros(items + 1, np.int64)
    counted = snapshot.item_features("now")[c.EVENTS]
    events[: len(counted)] = counted
    order = np.argsort(-events, kind="stable")
    head = order[: int(np.searchsorted(np.cumsum(events[order]), HEAD_SHARE * events.sum())) + 1]
    groups = np.zeros(items + 1, np.int32)
    groups[head] = 1
    return Cap(groups, int((1 - share) * k))


def item_groups(snapshot: Snapshot, name: str, items: int, asked: str) -> np.ndarray:
    """Return the number of each item's value of an attribute, (items + 1,) int32 from 1, 0 = none.

    Raises DataError if no item has it; `asked` says who wanted it.
    """
    with connect(None) as store:
        found = store.run_sql("recommend/item_groups", items=item_files(snapshot), attribute=name).rows()
    if not found:
        raise DataError(
            f"{asked}, but no item has this attribute", f"Use {CATEGORY} or an attribute of the items."
        )
    groups = np.zeros(items + 1, np.int32)
    index, group = np.array(found, np.int64).T
    groups[index] = group
    return groups


def item_files(snapshot: Snapshot) -> list[str]:
    """Return the Parquet files that together are the catalogue."""
    files = [snapshot.folder / f"{table}.parquet" for table in ("items", "new_items")]
    return [str(file) for file in files if file.exists()]
