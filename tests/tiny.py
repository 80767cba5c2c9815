"""Tiny snapshots, models and publications whose right answers are known by construction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recpipe.core.files import content_id
from recpipe.core.ranking import RepeatModel
from recpipe.core.recommender import SecondStage
from recpipe.core.shelf import Shelf
from recpipe.core.snapshot import Histories
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace

DAY_US = 86_400_000_000


def make_snapshot(
    workspace: Workspace,
    known: Mapping[str, Sequence[str]],
    test: Mapping[str, Sequence[str]] | None = None,
    name: str = "",
    split: Mapping[str, str] | None = None,
    described: Mapping[str, Mapping[str, Any]] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> str:
    """Write a snapshot: `known[user]` items before the cut, `test[user]` after it; point "newest" at it.

    `split` changes what the manifest says of the split: by time, the test from 2024-01-02.

    `attributes[user]` is the JSON of what is known of a user beside that.
    `described[item]` changes the item's row; an item without events, if named there, is one of `new_items`.

    Titles are "Title of <item>". Users in neither have empty histories. Event i of a user lies on day i.
    """
    test = test or {}
    first = sorted({item for items in known.values() for item in items})
    later = sorted({item for items in test.values() for item in items} - set(first))
    index = {item: position for position, item in enumerate([*first, *later], start=1)}
    users = sorted({*known, *test})
    rows = [[index[item] for item in [*known.get(user, ()), *test.get(user, ())]] for user in users]
    parts = [(len(known.get(user, ())), len(test.get(user, ()))) for user in users]
    draft = workspace.snapshots.draft(name or f"20240101-{content_id(known, test, str(described or ''))}")
    interactions = _interactions(users, rows, parts)
    if attributes is not None:
        known_of = pa.array([attributes.get(user, "{}") for user in users], pa.string())
        interactions = interactions.append_column("attributes", known_of)
    pq.write_table(interactions, draft.folder / "interactions.parquet")
    told = described or {}
    new = sorted(set(told) - set(index))
    pq.write_table(_items(list(index), told), draft.folder / "items.parquet")
    pq.write_table(_items(new, told, first=len(index) + 1), draft.folder / "new_items.parquet")
    pq.write_table(_item_features(rows, parts, len(index)), draft.folder / "item_features.parquet")
    counts = {"interactions": len(users), "items": len(index), "item_features": 2 * len(index)}
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "parameters": {"split": "time"},
        "inputs": {
            "data": content_id(known, test),
            "events": sum(map(len, rows)),
            "items": len(index),
            "users": len(users),
        },
        "split": {
            "kind": "time",
            "validation_from": "2024-01-01",
            "test_from": "2024-01-02",
            "newest": "2024-01-03",
            **(split or {}),
        },
        "event_types": ["purchase"],
        "known_items": len(first),
        "rows": counts,
    }
    sealed = draft.seal(manifest)
    workspace.snapshots.point("newest", sealed)
    return sealed


def _interactions(users: list[str], rows: list[list[int]], parts: list[tuple[int, int]]) -> pa.Table:
    times = [[day * DAY_US for day in range(len(row))] for row in rows]
    return pa.table(
        {
            "user_id": pa.array(users, pa.string()),
            "item_indices": pa.array(rows, pa.list_(pa.int32())),
            "event_types": pa.array([[1] * len(row) for row in rows], pa.list_(pa.uint8())),
            "event_ats": pa.array(times, pa.list_(pa.timestamp("us"))),
            "train_count": pa.array([known for known, _ in parts], pa.int32()),
            "validation_count": pa.array([0] * len(rows), pa.int32()),
            "test_count": pa.array([tested for _, tested in parts], pa.int32()),
        }
    )


ITEM_SCHEMA = pa.schema(
    [
        ("item_index", pa.int32()),
        ("item_id", pa.string()),
        ("title", pa.string()),
        ("categories", pa.list_(pa.string())),
        ("attributes", pa.string()),
        ("price", pa.float64()),
        ("available_from", pa.timestamp("us")),
        ("available_until", pa.timestamp("us")),
    ]
)


def _items(ids: list[str], told: Mapping[str, Mapping[str, Any]], first: int = 1) -> pa.Table:
    plain = {"categories": [], "attributes": "{}"}
    rows = [
        {"item_index": index, "item_id": item, "title": f"Title of {item}", **plain, **told.get(item, {})}
        for index, item in enumerate(ids, start=first)
    ]
    return pa.Table.from_pylist(rows, ITEM_SCHEMA)


def _item_features(rows: list[list[int]], parts: list[tuple[int, int]], items: int) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "item_index": [],
        "moment": [],
        "events": [],
        "users": [],
        "recent_events": [],
    }
    for moment in ("test", "now"):
        seen = [row if moment == "now" else row[:known] for row, (known, _) in zip(rows, parts, strict=True)]
        counts = np.bincount(np.array([item for row in seen for item in row], int), minlength=items + 1)
        columns["item_index"] += range(1, items + 1)
        columns["moment"] += [moment] * items
        columns["events"] += counts[1:].tolist()
        columns["recent_events"] += counts[1:].tolist()
        takers = np.bincount(np.array([item for row in seen for item in set(row)], int), minlength=items + 1)
        columns["users"] += takers[1:].tolist()
    return pa.table(columns)


def make_model(
    workspace: Workspace,
    snapshot: str,
    items: Mapping[str, Sequence[float]],
    *,
    name: str,
    kind: str = "mean",
    split: Mapping[str, str] | None = None,
    refit_of: str = "",
) -> str:
    """Write a model version whose item vectors are `items` (id to vector); point "newest" at it.

    Its manifest has the entries `split` and `refit_of` if they are given; no pointer names a refit.
    """
    ids = sorted(items)
    vectors = np.array([[0.0] * len(next(iter(items.values()))), *(items[item] for item in ids)], np.float32)
    draft = workspace.models.draft(name)
    Vocabulary(np.array(ids, object)).write(draft.folder / "vocabulary.parquet")
    np.save(draft.folder / "item_vectors.npy", vectors)
    told: dict[str, Any] = {"split": dict(split)} if split else {}
    told |= {"refit_of": refit_of} if refit_of else {}
    sealed = draft.seal({"kind": kind, "snapshot": snapshot, "parameters": {"seed": 1}, "figures": {}} | told)
    if not refit_of:
        workspace.models.point("popularity" if kind == "popularity" else "newest", sealed)
    return sealed


@dataclass
class TinyRecommender:
    """Stands in for a trained model: a query is the mean of the history's vectors, or all ones.

    With `kind` "popularity" every query is [1.0]: the vectors are the scores.
    """

    version: str
    kind: str
    vocabulary: Vocabulary
    item_vectors: np.ndarray
    event_types: tuple[str, ...] = ()
    repeats: RepeatModel | None = None
    popularity_of_late: tuple[tuple[int, float], ...] = ()
    second: SecondStage | None = None
    calls: list[int] = field(default_factory=list)

    def knows(self, histories: Histories) -> np.ndarray:
        return histories.have_known_items

    def with_vectors(self, item_vectors: np.ndarray) -> "TinyRecommender":
        return replace(self, item_vectors=item_vectors)

    def query_vectors(self, histories: Histories) -> np.ndarray:
        self.calls.append(len(histories))
        if self.kind == "popularity":
            return np.ones((len(histories), 1), np.float32)
        users = np.repeat(np.arange(len(histories)), histories.lengths)
        sums = np.zeros((len(histories), self.item_vectors.shape[1]), np.float32)
        np.add.at(sums, users, self.item_vectors[histories.items])
        return sums / np.maximum(histories.lengths, 1)[:, None]


def load(workspace: Workspace, version: str) -> TinyRecommender:
    """Stands in for `train.load`."""
    folder = workspace.models.verify(version)
    return TinyRecommender(
        version=version,
        kind=workspace.models.manifest(version)["kind"],
        vocabulary=Vocabulary.read(folder / "vocabulary.parquet"),
        item_vectors=np.load(folder / "item_vectors.npy"),
    )


def count_verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the name of every verified folder is added to from now on."""
    verified: list[str] = []
    verify = Shelf.verify
    monkeypatch.setattr(Shelf, "verify", lambda shelf, name: verified.append(name) or verify(shelf, name))
    return verified


def alter(path: Path) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
