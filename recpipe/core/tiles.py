"""The search itself: scores are made tile by tile and looked at while they are in the cache.

What is kept of a tile are the scores above the k-th best so far. The first bar is the k-th highest of the
maxima of many groups of items: so many scores at least are as high. No more than about k log(n / k) scores of
a query are ever sorted, and the whole matrix of scores never exists.
"""

import numpy as np

TILE_ITEMS = 16_384
"""Items that are scored at a time."""
TILE_BYTES = 32 * 2**20
"""Of the scores of one tile; about what a processor's cache holds."""
GROUPS_PER_PLACE = 2
"""How many groups the first tile is cut into for each of the k places: more make a higher bar."""
LOWEST = np.finfo(np.float32).min
"""Lower than every score but that of an item that is not to be had."""
GROUP = 16
"""Items of a later tile whose maximum is looked at first."""
PENDING = 2**21
"""Scores above the bar that are kept before they are sorted in."""


def tile_rows(items: int, k: int) -> int:
    """How many queries are searched at once, so that a tile's scores stay within TILE_BYTES."""
    return max(1, TILE_BYTES // (4 * max(min(TILE_ITEMS, items), k)))


def best_of_tiles(
    queries: np.ndarray, items: np.ndarray, k: int, barred_rows: np.ndarray, barred_items: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return places (q, k) and scores (q, k) float32 of the best k of `items` (n, d) for `queries` (q, d).

    k <= n. Query `barred_rows[i]` must not get item `barred_items[i]`. Where fewer than k are left: -inf.
    Ties go to the lower place.
    """
    best = _Best(len(queries), k)
    order = np.argsort(barred_items, kind="stable")
    barred_rows, barred_items = barred_rows[order], barred_items[order]
    sorted_in, buffer = 1, np.empty((len(queries), min(TILE_ITEMS, len(items))), np.float32)
    for number, start in enumerate(range(0, len(items), TILE_ITEMS), start=1):
        stop = min(start + TILE_ITEMS, len(items))
        # a tile's memory is used again, but for the last, narrower one
        room = buffer if stop - start == buffer.shape[1] else None
        scores = np.matmul(queries, items[start:stop].T, out=room)
        first, last = np.searchsorted(barred_items, (start, stop))
        scores[barred_rows[first:last], barred_items[first:last] - start] = -np.inf
        best.look_at(scores, start)
        # a bar that rises with every doubling lets about k more scores pass each time
        if number >= 2 * sorted_in or best.pending >= PENDING or number == 1:
            best.sort_in()
            sorted_in = number
    best.sort_in()
    return best.places, best.scores


class _Best:
    """The best k so far of each of q queries, and what may join them."""

    def __init__(self, queries: int, k: int) -> None:
        self.places = np.zeros((queries, k), np.int64)
        self.scores = np.full((queries, k), -np.inf, np.float32)
        self._found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.pending = 0
        self._is_begun = False

    def look_at(self, scores: np.ndarray, start: int) -> None:
        """Keep the scores (q, m) of the items from place `start` on that may be among the best."""
        if start == 0:
            passing = np.flatnonzero(scores >= _first_bar(scores, self.scores.shape[1])[:, None])
        else:
            # places rise: an equal score that is here already stands at a lower one
            passing = _above(scores, self.scores[:, -1])
        rows = passing // scores.shape[1]
        self._found.append((rows, passing - rows * scores.shape[1] + start, scores.ravel()[passing]))
        self.pending += len(passing)

    def sort_in(self) -> None:
        """Let the kept scores take their places."""
        if not self.pending:
            return
        rows, places, scores = (np.concatenate(parts) for parts in zip(*self._found, strict=True))
        if len(self._found) > 1:
            order = np.argsort(rows, kind="stable")  # places rise within each row
            rows, places, scores = rows[order], places[order], scores[order]
        queries, k = self.scores.shape
        before = k if self._is_begun else 0
        counts = np.bincount(rows, minlength=queries)
        column = before + np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        width = max(k, before + int(counts.max()))
        all_scores = np.full((queries, width), -np.inf, np.float32)
        all_places = np.zeros((queries, width), np.int64)
        all_scores[:, :before], all_places[:, :before] = self.scores[:, :before], self.places[:, :before]
        all_scores[rows, column], all_places[rows, column] = scores, places
        order = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
        self.scores = np.take_along_axis(all_scores, order, axis=1)
        self.places = np.take_along_axis(all_places, order, axis=1)
        self._found, self.pending, self._is_begun = [], 0, True


def _above(scores: np.ndarray, bar: np.ndarray) -> np.ndarray:
    """Return where scores (q, m) are above each row's `bar` (q,), ascending places of the flat array.

    Few are: so the maxima of groups are looked at first.
    """
    queries, items = scores.shape
    if items % GROUP:
        return np.flatnonzero(scores > bar[:, None])
    groups = items // GROUP
    maxima = scores.reshape(queries, GROUP, groups).max(axis=1)
    rows, group = np.divmod(np.flatnonzero(maxima > bar[:, None]), groups)
    places = (rows * items + group)[:, None] + np.arange(GROUP) * groups
    return np.sort(places[scores.ravel()[places] > bar[rows, None]])


def _first_bar(scores: np.ndarray, k: int) -> np.ndarray:
    """Return a score that k of each row's scores (q, m) reach at least, (q,); LOWEST if m is too small."""
    queries, items = scores.shape
    groups = GROUPS_PER_PLACE * k
    depth = items // groups
    if depth < 2:
        return np.full(queries, LOWEST, np.float32)
    # the items of a group are `groups` apart, so that maxima are taken of whole rows of memory
    maxima = scores[:, : depth * groups].reshape(queries, depth, groups).max(axis=1)
    bar: np.ndarray = np.partition(maxima, groups - k, axis=1)[:, groups - k]
    return np.maximum(bar, LOWEST)
