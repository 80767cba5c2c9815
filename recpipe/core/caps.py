"""At most so many of a kind in one list: what is over the cap makes room for what ranks deeper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.retrieval import TopK

DEEPER = 4
"""How many times deeper a list that caps left short is searched, again and again until it is full."""
COUNTED = 2**24
"""Users times groups that are counted at a time; bounds the memory, changes no result."""


@dataclass(frozen=True)
class Cap:
    """At most `at_most` items of one group in a list.

    groups: (items + 1,) int32, the group of each item from 1; 0 is of no group and never capped.
    """

    groups: np.ndarray
    at_most: int

    def attainable(self, allowed: np.ndarray) -> int:
        """Return the most items that a list can hold of the `allowed` ones, (items + 1,) bool."""
        sizes = np.bincount(self.groups[allowed])
        return int(sizes[:1].sum() + np.minimum(sizes[1:], self.at_most).sum())


Search = Callable[[np.ndarray, int], TopK]
"""Rows of queries (m,) and a depth -> their best items that deep."""


def filled(search: Search, queries: int, k: int, depth: int, most: int, caps: Sequence[Cap]) -> TopK:
    """Return lists (queries, depth) within `caps`, each with k items at least if so many are left.

    Best first; where an item is over a cap, it is left out and the next takes its place. Exact: what is
    kept of a prefix does not depend on what follows, so a list that is too short is searched deeper, up to
    `most` places, and nobody else's is. Without caps this is one search.
    """
    if not caps:
        return search(np.arange(queries), depth)
    result = TopK(np.zeros((queries, depth), np.int32), np.full((queries, depth), -np.inf, np.float32))
    rows, reach = np.arange(queries), min(depth, most)
    while len(rows):
        found = search(rows, reach)
        keep = within(found.indices, caps)
        place = np.cumsum(keep, axis=1) - 1
        inside = keep & (place < depth)
        where = np.broadcast_to(rows[:, None], keep.shape)[inside], place[inside]
        result.indices[where], result.scores[where] = found.indices[inside], found.scores[inside]
        is_short = (keep.sum(axis=1) < k) & (found.indices[:, -1] > 0)
        rows = rows[is_short] if reach < most else rows[:0]
        reach = min(reach * DEEPER, most)
    return result


def within(indices: np.ndarray, caps: Sequence[Cap]) -> np.ndarray:
    """Return which of each list's items stay, best first, (n, depth) bool; empty places (0) do not."""
    keep = np.zeros(indices.shape, bool)
    widest = max((int(cap.groups.max(initial=0)) for cap in caps), default=0) + 1
    rows = max(1, COUNTED // widest)
    for start in range(0, len(indices), rows):
        chunk = slice(start, start + rows)
        keep[chunk] = _within(indices[chunk], caps)
    return keep


def _within(indices: np.ndarray, caps: Sequence[Cap]) -> np.ndarray:
    everyone = np.arange(len(indices))
    taken = [np.zeros((len(indices), int(cap.groups.max(initial=0)) + 1), np.int32) for cap in caps]
    keep = indices > 0
    for place in range(indices.shape[1]):
        groups = [cap.groups[indices[:, place]] for cap in caps]
        for cap, counts, group in zip(caps, taken, groups, strict=True):
            keep[:, place] &= (group == 0) | (counts[everyone, group] < cap.at_most)
        for counts, group in zip(taken, groups, strict=True):
            counts[everyone, group] += keep[:, place]
    return keep
