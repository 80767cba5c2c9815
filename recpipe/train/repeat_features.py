"""What there is to know, at a moment, about each item that a user had before it: counts, decay, recency.

Vectorised over flat histories, and point in time: nothing at or after a user's moment is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories

MAX_OWN = 500
"""At most so many of a user's items are looked at: those with the largest count decayed by 90 days."""

MICROSECONDS_PER_DAY = 86_400_000_000
MICROSECONDS = 1_000_000
HALF_LIVES_DAYS = (7.0, 30.0, 90.0)
SMALL = 0.01
"""Added to decayed counts before their logarithm is taken, so that it tells apart counts down to this."""

LogPopularity = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""m items, m moments -> (m,) float64: log of each item's share of the events of late."""

FEATURES = (
    "log_count",
    *(f"log_decayed_{days:.0f}" for days in HALF_LIVES_DAYS),
    "log_rate",
    "log_days_since_last",
    "log_due",
    "log_popularity",
)
"""The columns, in their order: see `own_items`."""


@dataclass(frozen=True)
class OwnItems:
    """The distinct known items of n users, ascending within a user.

    items: n rows, at most MAX_OWN each; features: (len(items.values), len(FEATURES)) float32.
    """

    items: Ragged
    features: np.ndarray


def own_items(histories: Histories, moments: np.ndarray, log_popularity: LogPopularity) -> OwnItems:
    """Describe the items of n users as of `moments` (n,) int64, microseconds; all events count as earlier.

    log_count: log(1 + c), c how often the user had the item. log_decayed_h: log(SMALL + sum of 2^(-age / h))
    over these events, h in days. log_rate: log of c a day since the first of them, a week at least.
    log_days_since_last: log(1 + days). log_due: log((1 + days since the last) / (1 + mean gap between them)),
    0 for an item had once. log_popularity: of the item of late.
    """
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    known = histories.items > 0
    rows, items, times = rows[known], histories.items[known].astype(np.int64), histories.times[known]
    order = np.lexsort((items, rows))  # stable: times stay ascending within a user's item
    rows, items = rows[order], items[order]
    ages = np.maximum((moments[rows] - times[order]) / MICROSECONDS_PER_DAY, 0.0)
    opens = np.ones(len(rows), bool)
    opens[1:] = (rows[1:] != rows[:-1]) | (items[1:] != items[:-1])
    first = np.flatnonzero(opens)
    decayed = [np.add.reduceat(0.5 ** (ages / days), first) for days in HALF_LIVES_DAYS]
    kept = _strongest(rows[first], decayed[-1])
    counts = np.diff(np.append(first, len(rows)))[kept]
    last = np.append(first[1:], len(rows))[kept] - 1
    first, oldest, newest = first[kept], ages[first[kept]], ages[last]
    mean_gap = (oldest - newest) / np.maximum(counts - 1, 1)
    columns = [
        np.log1p(counts),
        *(np.log(SMALL + each[kept]) for each in decayed),
        np.log(counts / np.maximum(oldest, 7.0)),
        np.log1p(newest),
        np.where(counts > 1, np.log1p(newest) - np.log1p(mean_gap), 0.0),
        log_popularity(items[first], moments[rows[first]]),
    ]
    offsets = np.searchsorted(rows[first], np.arange(len(histories) + 1))
    own = Ragged(offsets.astype(np.int64), items[first].astype(np.int32))
    return OwnItems(own, np.stack(columns, axis=1).astype(np.float32))


def _strongest(rows: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Positions, ascending, of the MAX_OWN strongest entries of each row; `rows` ascend."""
    order = np.lexsort((-strength, rows))
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return np.sort(order[place < MAX_OWN])


def popularity_of(recent_events: np.ndarray) -> LogPopularity:
    """The popularity of one moment, whatever is asked for, from events of late, (items + 1,), row 0 unknown.

    A share, smoothed by one event an item, because it means the same for a sample of users and for all.
    """
    log_shares = np.log((recent_events + 1) / max(recent_events[1:].sum() + len(recent_events) - 1, 1))
    return lambda items, _: log_shares[items]


class PopularityAt:
    """The same as of any moment: `days` is how far back "of late" reaches."""

    def __init__(self, histories: Histories, item_count: int, days: int) -> None:
        known = histories.items > 0
        self._begin = int(histories.times.min(initial=2**62))
        seconds = self._seconds(histories.times[known])
        self._window, self._item_count = days * 86_400, item_count
        # one ascending number for (item, time), so that one search serves all items
        self._stride = int(seconds.max(initial=0)) + 2
        self._keys = np.sort(histories.items[known].astype(np.int64) * self._stride + seconds)
        self._every = np.sort(seconds)

    def __call__(self, items: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """Return (m,) float64 for m items at m moments; events at a moment itself do not count."""
        ends = np.clip(self._seconds(moments), 0, self._stride - 1)
        begins = np.clip(self._seconds(moments) - self._window, 0, self._stride - 1)
        starts = items * self._stride
        recent = np.searchsorted(self._keys, starts + ends) - np.searchsorted(self._keys, starts + begins)
        total = np.searchsorted(self._every, ends) - np.searchsorted(self._every, begins)
        return np.log((recent + 1) / (total + self._item_count))

    def _seconds(self, times: np.ndarray) -> np.ndarray:
        return (times - self._begin) // MICROSECONDS
