"""The candidates of many users: what any generator names, with every generator's score and rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.candidates import GENERATORS, Generator
from recpipe.rank.past import Asked, Past

LOWEST = np.finfo(np.float32).min
"""Lower than every score but that of an item that is not to be had."""
CHUNK_BYTES = 512 * 2**20
"""Of what is held of one chunk of users; bounds the memory, changes no result."""
CANDIDATE_BYTES = 800
"""Of one candidate: some sixty features, while they are put together and read by the trees."""


@dataclass(frozen=True)
class Candidates:
    """c candidates of n users: `items` are distinct within a row, in ascending order.

    scores, ranks: (c, generators) float32, as each generator has it; a score is NaN where it has no opinion,
    a rank, from 1, where the item is not among those it names.
    """

    items: Ragged
    scores: np.ndarray
    ranks: np.ndarray

    def named(self, generator: int, depth: int) -> Ragged:
        """Return the best `depth` of one generator, in no particular order."""
        return self.items.where(self.ranks[:, generator] <= depth)


class Generators:
    """Generators fitted to one past, by name, and the union of what they name."""

    def __init__(
        self, names: Sequence[str], past: Past, recommender: Recommender, snapshot: Snapshot, depth: int
    ) -> None:
        self._fitted: Mapping[str, Generator] = {
            name: GENERATORS[name](past, recommender, snapshot) for name in names
        }
        self._depth, self._items = depth, past.items

    def candidates(self, asked: Asked, barred: Ragged | None, listed: np.ndarray) -> Candidates:
        """Return the best `depth` of each generator among the `listed` (items + 1,) but those `barred`."""
        users, width = len(asked), self._items + 1
        may_not = ~listed[:width]
        may_not[0] = True
        all_scores, named = [], []
        out = None
        if barred is not None:
            known = barred.values < width
            out = barred.row_numbers[known], barred.values[known]
        for generator in self._fitted.values():
            scores = generator.scores(asked)
            open_to = scores.copy()
            open_to[:, may_not] = -np.inf
            if out is not None:
                open_to[out] = -np.inf
            named.append(best(open_to, self._depth))
            all_scores.append(scores)
        items = _union(named, users, width)
        at = items.row_numbers, items.values
        scores = np.stack([each[at] for each in all_scores], axis=1).astype(np.float32)
        ranks = np.full(scores.shape, np.nan, np.float32)
        keys = items.row_numbers * width + items.values
        for number, found in enumerate(named):
            user, place = np.nonzero(found)
            ranks[np.searchsorted(keys, user * width + found[user, place]), number] = place + 1
        return Candidates(items, np.where(np.isneginf(scores), np.nan, scores), ranks)


def chunk_users(items: int, generators: int, depth: int, shares: int) -> int:
    """How many users are asked at a time, so that what is held of them stays within CHUNK_BYTES.

    Of each user: scores of all items by each generator, and once more while the best are sought; `shares`
    of names, see `Affinity.size`; then the candidates.
    """
    a_user = 4 * ((items + 1) * (generators + 1) + shares)
    a_user += CANDIDATE_BYTES * min(items, generators * depth)
    return max(1, CHUNK_BYTES // a_user)


def best(scores: np.ndarray, depth: int) -> np.ndarray:
    """Return the columns of the best `depth` of each row, best first, (n, depth); 0 where there are no more.

    scores: (n, m), -inf for what is not to be had, column 0 among it. Ties go to the lower column.
    """
    passing = np.flatnonzero(scores >= _bar(scores, depth)[:, None])
    rows, columns = np.divmod(passing, scores.shape[1])
    values = scores.ravel()[passing]
    order = np.lexsort((columns, -values, rows))
    counts = np.bincount(rows, minlength=len(scores))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.zeros((len(scores), depth), np.int64)
    inside = place < depth
    chosen[rows[inside], place[inside]] = columns[order][inside]
    return chosen


def _bar(scores: np.ndarray, depth: int) -> np.ndarray:
    """Return a score that `depth` of each row's reach at least, (n,), by the maxima of groups of columns."""
    groups = 4 * depth
    size = scores.shape[1] // groups
    if size < 2:
        return np.full(len(scores), LOWEST, np.float32)
    maxima = scores[:, : size * groups].reshape(len(scores), size, groups).max(axis=1)
    return np.maximum(np.partition(maxima, groups - depth, axis=1)[:, groups - depth], LOWEST)


def _union(named: Sequence[np.ndarray], users: int, width: int) -> Ragged:
    rows = np.arange(users)[:, None] * width
    keys = np.unique(np.concatenate([(rows + found)[found > 0] for found in named]))
    row, items = np.divmod(keys, width)
    return Ragged(np.searchsorted(row, np.arange(users + 1)).astype(np.int64), items.astype(np.int32))
