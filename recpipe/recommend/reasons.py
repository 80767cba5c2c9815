"""Why an item is in a list: what the list would hold less of without it.

Leave one out: an item of the user's history is the reason of a recommendation if, of all that were tried, the
recommendation's score falls most without it, and does fall. Nothing is guessed from similarity. Where a
second stage made the list the score is its retrieval's: trees read counts that no single item explains.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from recpipe.core import columns as c
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.snapshot import Histories

ITEM, CATEGORY = "item:", "category:"
"""How a reason begins; the id of the item or the name of the category follows."""

VARIANTS = 8192
"""Histories without one item that are encoded at a time; bounds the memory, changes no result."""
NOISE = 1e-4
"""What a score has to fall by, in units of its size, to have fallen: encoders sum in no fixed order."""


@dataclass(frozen=True)
class Reasoner:
    """Finds reasons with `ranker` among the last `tried` different items of a user; 0: categories alone.

    Where lists may hold what a user had (not `exclude_seen`), what they hold again is tried too, however old.

    item_ids: (items + 1,) object, "" first. categories: (items + 1, levels) int32, the category path from the
    top as numbers from 1, 0 = none. names: of these numbers, "" first.
    """

    ranker: Ranker
    tried: int
    exclude_seen: bool
    item_ids: np.ndarray
    categories: np.ndarray
    names: np.ndarray

    @classmethod
    def of(cls, ranker: Ranker, catalogue: pa.Table, tried: int, *, exclude_seen: bool) -> "Reasoner":
        """Prepare to find reasons among the items of `catalogue`, see `Snapshot.catalogue`."""
        ids = np.array(["", *catalogue.column(c.ITEM_ID).to_pylist()], object)
        paths = catalogue.column(c.CATEGORIES).combine_chunks()
        path = Ragged(
            paths.offsets.to_numpy().astype(np.int64), paths.flatten().to_numpy(zero_copy_only=False)
        )
        names, numbers = np.unique(path.values.astype(str), return_inverse=True)
        categories = np.zeros((len(ids), int(path.lengths.max(initial=0))), np.int32)
        level = np.arange(len(path.values)) - path.offsets[path.row_numbers]
        categories[path.row_numbers + 1, level] = numbers + 1
        return cls(ranker, tried, exclude_seen, ids, categories, np.array(["", *names], object))

    def reasons(self, histories: Histories, ranking: Ranking) -> np.ndarray:
        """Return why each recommendation is made, (n, k) object, None where no reason is known.

        "item:<id>" of the history whose absence lowers the score most; else "category:<name>", the deepest
        category of the item that the user has had something of.
        """
        found = self._by_category(histories, ranking.indices)
        if self.tried:
            users = np.flatnonzero(ranking.is_personal)
            # where lists may hold what was had, each place may add an item that is tried
            at_most = self.tried + (0 if self.exclude_seen else ranking.indices.shape[1])
            at_a_time = max(1, VARIANTS // at_most)
            for start in range(0, len(users), at_a_time):
                some = users[start : start + at_a_time]
                reason = self._by_history(histories.take(some), ranking.indices[some])
                found[some] = np.where(reason > 0, ITEM + self.item_ids[reason], found[some])
        found[ranking.indices == 0] = None
        return found

    def _by_history(self, histories: Histories, indices: np.ndarray) -> np.ndarray:
        """The item of the history that is the reason, (n, k) int32, 0 if none is."""
        tried = last_items(histories, self.tried)
        if not self.exclude_seen:
            tried = tried.beside(listed_again(histories, indices, tried))
        users = tried.row_numbers
        with_all = self.ranker.scores(histories, indices, exclude_seen=self.exclude_seen)
        without = self.ranker.scores(
            without_item(histories.take(users), tried.values), indices[users], exclude_seen=self.exclude_seen
        )
        is_listed = indices > 0
        falls = np.where(is_listed, with_all, 0)[users] - np.where(is_listed[users], without, 0)
        most = NOISE * np.maximum(1, np.abs(np.where(is_listed, with_all, 0)))
        reason = np.zeros(indices.shape, np.int32)
        for place in range(int(tried.lengths.max(initial=0))):
            rows = np.flatnonzero(tried.lengths > place)
            at = tried.offsets[rows] + place
            is_more = falls[at] > most[rows]
            most[rows] = np.where(is_more, falls[at], most[rows])
            reason[rows] = np.where(is_more, tried.values[at, None], reason[rows])
        return reason

    def _by_category(self, histories: Histories, indices: np.ndarray) -> np.ndarray:
        """The deepest category of each item that the user has had, (n, k) object; None if there is none."""
        stride = len(self.names)
        own = Ragged(histories.offsets, histories.items)
        had = np.unique((own.row_numbers[:, None] * stride + self.categories[own.values]).ravel())
        found = np.zeros(indices.shape, np.int64)
        users = np.arange(len(indices))[:, None]
        for level in range(self.categories.shape[1]):
            category = self.categories[indices, level]
            is_had = (category > 0) & np.isin(users * stride + category, had)
            found = np.where(is_had, category, found)
        reasons: np.ndarray = CATEGORY + self.names[found]
        reasons[found == 0] = None
        return reasons


def last_items(histories: Histories, most: int) -> Ragged:
    """Return the last `most` different items of each user, the newest first; unknown items (0) are none."""
    own = Ragged(histories.offsets, histories.items)
    pairs = own.row_numbers * (int(histories.items.max(initial=0)) + 1) + histories.items
    _, from_end = np.unique(pairs[::-1], return_index=True)
    is_last = np.zeros(len(pairs), bool)
    is_last[len(pairs) - 1 - from_end] = True
    distinct = own.where(is_last & (histories.items > 0))
    # newest first: rows stay, places within each turn round
    place = np.arange(len(distinct.values)) - distinct.offsets[distinct.row_numbers]
    turned = distinct.offsets[1:][distinct.row_numbers] - 1 - place
    return Ragged(distinct.offsets, distinct.values[turned]).where(place < most)


def listed_again(histories: Histories, indices: np.ndarray, tried: Ragged) -> Ragged:
    """Return the items of lists (n, k) that a user had and that are not `tried`: each may explain itself."""
    listed = Ragged(np.arange(len(indices) + 1, dtype=np.int64) * indices.shape[1], indices.ravel())
    is_had = (listed.values > 0) & listed.contained(Ragged(histories.offsets, histories.items))
    return listed.where(is_had & ~listed.contained(tried))


def without_item(histories: Histories, items: np.ndarray) -> Histories:
    """Return the histories of n users, all events with the user's one of `items` (n,) left out."""
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    stays = histories.items != items[rows]
    kept = Ragged(histories.offsets, histories.items).where(stays)
    parts = np.repeat(np.tile(np.arange(3), len(histories)), histories.counts.ravel())
    counts = np.bincount(rows[stays] * 3 + parts[stays], minlength=3 * len(histories)).reshape(-1, 3)
    return replace(
        histories,
        offsets=kept.offsets,
        items=kept.values,
        event_types=histories.event_types[stays],
        times=histories.times[stays],
        counts=counts.astype(np.int32),
    )
