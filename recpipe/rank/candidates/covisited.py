"""Co-visitation: what users took within a few events of an item, of late rather than long ago."""

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from recpipe.core.known import Known
from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.past import Asked, Past

REACH = 10
"""How many events ahead an item is looked for."""
GAP_DAYS = 1 / 24
"""Events further apart than this belong to different sessions."""
HALF_LIFE_DAYS = 60.0
"""Of a pair of items, by its age; and of an item of the user's history."""
NEIGHBOURS = 100
"""Items that are remembered of each."""
MOST_EVENTS = 3_000_000
"""Events that are looked at, the newest, at some 400 bytes each: older ones have faded."""
SMOOTHING = 5.0
"""Decayed pairs that an item is taken to have had with nothing in particular."""


class CoVisited:
    """Sums, over the user's items, how often each item was met in the same session, as a share."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        together = nearest(pairs_of_items(past))
        totals = np.asarray(together.sum(axis=1)).ravel() + SMOOTHING
        # to the half on either side: popular items are near everything
        scale = 1 / np.sqrt(totals)
        rows = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
        together.data = (together.data * scale[rows] * scale[together.indices]).astype(np.float32)
        self._shares = together

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`."""
        found = (asked.known.counts("log decayed", HALF_LIFE_DAYS) @ self._shares).toarray()
        found[found <= 0] = -np.inf
        return np.concatenate([np.full((len(asked), 1), -np.inf, np.float32), found], axis=1)


def nearest(counts: csr_array) -> csr_array:
    """Keep the NEIGHBOURS largest entries of each row."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    # one number for row and share of the largest: sorting once by it is ten times as fast as by both
    order = np.argsort(rows * 2.0 - counts.data / counts.data.max(initial=1e-9))
    kept = order[np.arange(len(order)) - counts.indptr[rows] < NEIGHBOURS]
    return coo_array((counts.data[kept], (rows[kept], counts.indices[kept])), shape=counts.shape).tocsr()


def pairs_of_items(past: Past) -> csr_array:
    """Count, items × items, both ways, how often two items were taken in one session, within REACH events.

    A pair that is one half-life old counts half.
    """
    known, items = _newest(past.known), past.items
    weights = known.decay(HALF_LIFE_DAYS)
    together = csr_array((items, items), dtype=np.float32)
    for ahead in range(1, REACH + 1):
        same = known.rows[ahead:] == known.rows[:-ahead]
        same &= known.days[:-ahead] - known.days[ahead:] <= GAP_DAYS
        one, other = known.columns[:-ahead][same], known.columns[ahead:][same]
        differ = one != other
        told = weights[ahead:][same][differ].astype(np.float32)
        together = together + coo_array((told, (one[differ], other[differ])), shape=(items, items)).tocsr()
    return (together + together.T).tocsr()


def _newest(known: Known) -> Known:
    """Return the newest MOST_EVENTS, still user by user."""
    if len(known.days) <= MOST_EVENTS:
        return known
    newest = np.sort(np.argsort(known.days, kind="stable")[:MOST_EVENTS])
    fields = {name: getattr(known, name)[newest] for name in ("rows", "columns", "days", "events")}
    return replace(known, **fields)
