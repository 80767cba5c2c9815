"""What may stand in whose list: rules about items for everybody, and what each user must not get."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from recpipe.core import columns as c
from recpipe.core.caps import Cap
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Rules
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.recommend.item_rules import allowed_items, available_at, caps, popular_cap
from recpipe.recommend.params import RecommendParams


@dataclass(frozen=True)
class Filters:
    """The filters of one set of lists, told of the catalogue's item indices (`Snapshot.catalogue`).

    allowed: (items + 1,) bool. refused: how many items each parameter refuses. unknown: how many of the names
    that a parameter gives are no item's. blocked: pairs of user_id and item_index that must not meet.
    seen_since: microseconds since 1970 from which what a user had is left out; None: nothing is, or (with
    `excludes_seen`) all of it. weights: of each event type, see `Snapshot.event_weights`.
    """

    allowed: np.ndarray
    caps: tuple[Cap, ...]
    refused: dict[str, int]
    unknown: dict[str, int]
    blocked: pa.Table
    excludes_seen: bool
    seen_since: int | None
    weights: np.ndarray | None

    @classmethod
    def of(cls, snapshot: Snapshot, params: RecommendParams) -> "Filters":
        """Read what the parameters say. Raises DataError or ParameterError, see `allowed_items`, `caps`."""
        allowed, refused, unknown = allowed_items(snapshot, params)
        blocked, strange = _blocked(snapshot, params.blocks)
        since = available_at(snapshot, params) - timedelta(days=params.seen_days)
        items = len(allowed) - 1
        capped = caps(snapshot, params.at_most, items)
        if params.popularity_cap:
            capped += (popular_cap(snapshot, params.popularity_cap, params.k, items),)
        return cls(
            allowed=allowed,
            caps=capped,
            refused=refused,
            unknown=unknown | ({"blocks": strange} if strange else {}),
            blocked=blocked,
            excludes_seen=params.seen == "exclude" and not params.seen_days,
            seen_since=int(np.datetime64(since, "us").astype(np.int64)) if params.seen_days else None,
            weights=snapshot.event_weights if params.block_refused else None,
        )

    @property
    def rules(self) -> Rules:
        """What holds for everybody."""
        return Rules(self.allowed, self.caps)

    def figures(self) -> dict[str, Any]:
        """Return how much each filter refuses, ready for JSON."""
        return {"refused": self.refused, "unknown": self.unknown, "blocked": self.blocked.num_rows}

    def excluded(self, histories: Histories) -> Ragged:
        """Return a row of item indices for each user: what the user must not get, all seen not included."""
        barred = self._blocked_of(histories.user_ids)
        if self.seen_since is not None:
            own = Ragged(histories.offsets, histories.items)
            barred = barred.beside(own.where(histories.times >= self.seen_since))
        if self.weights is not None and (self.weights[1:] <= 0).any():
            barred = barred.beside(refused_items(histories, self.weights))
        return barred

    def withheld(self, histories: Histories) -> Ragged:
        """Return a row of item indices for each user: all that the user must not get."""
        own = Ragged(histories.offsets, histories.items)
        barred = self.excluded(histories)
        return barred.beside(own) if self.excludes_seen else barred

    def _blocked_of(self, user_ids: np.ndarray) -> Ragged:
        places = self._blocked_users
        return Ragged.from_lists([places.get(user, ()) for user in user_ids.tolist()])

    @cached_property
    def _blocked_users(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        users, items = (self.blocked.column(name).to_pylist() for name in (c.USER_ID, c.ITEM_INDEX))
        for user, item in zip(users, items, strict=True):
            found.setdefault(user, []).append(item)
        return found


def refused_items(histories: Histories, weights: np.ndarray) -> Ragged:
    """Return the items of which a user's last event weighs 0 or less: given back, and not had again."""
    own = Ragged(histories.offsets, histories.items)
    pairs = own.row_numbers * (int(histories.items.max(initial=0)) + 1) + histories.items
    _, from_end = np.unique(pairs[::-1], return_index=True)
    is_last = np.zeros(len(pairs), bool)
    is_last[len(pairs) - 1 - from_end] = True
    return own.where(is_last & (weights[histories.event_types] <= 0))


def _blocked(snapshot: Snapshot, path: str) -> tuple[pa.Table, int]:
    """The pairs of a file as user_id and item_index, and how many of them name an unknown item."""
    empty = pa.table({c.USER_ID: pa.array([], pa.string()), c.ITEM_INDEX: pa.array([], pa.int32())})
    if not path:
        return empty, 0
    columns = {c.USER_ID: pa.string(), c.ITEM_ID: pa.string()}
    try:
        pairs = pyarrow.csv.read_csv(
            Path(path),
            convert_options=pyarrow.csv.ConvertOptions(include_columns=list(columns), column_types=columns),
        )
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise DataError(
            f"recommend.blocks {path}: cannot be read ({error})",
            "Name a CSV file with the columns user_id and item_id.",
        ) from None
    ids = Vocabulary(snapshot.catalogue().column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    index = ids.index_of(pairs.column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    table = pa.table({c.USER_ID: pairs.column(c.USER_ID), c.ITEM_INDEX: pa.array(index, pa.int32())})
    return table.filter(pa.array(index > 0)), int((index == 0).sum())
