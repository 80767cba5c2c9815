"""What there is to know, at a moment, about each item that a user had before it: counts, decay, recency.

Vectorised over flat histories, and point in time: nothing at or after a user's moment is looked at.
"""

from collections.abc import Callable, Mapping
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

Items = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""m items, m moments -> (m, 2) float64, what is known of the items themselves: `ITEM_FEATURES`."""

ITEM_FEATURES = ("log_popularity", "log_events_per_user")

FEATURES = (
    "log_count",
    *(f"log_decayed_{days:.0f}" for days in HALF_LIVES_DAYS),
    "log_rate",
    "log_days_since_last",
    "log_due",
    *ITEM_FEATURES,
)
"""The columns, in their order: see `own_items`."""


@dataclass(frozen=True)
class OwnItems:
    """The distinct known items of n users, ascending within a user.

    items: n rows, at most MAX_OWN each; features: (len(items.values), len(FEATURES)) float32.
    """

    items: Ragged
    features: np.ndarray


def own_items(histories: Histories, moments: np.ndarray, about: Items) -> OwnItems:
    """Describe the items of n users as of `moments` (n,) int64, microseconds; all events count as earlier.

    log_count: log(1 + c), c how often the user had the item. log_decayed_h: log(SMALL + sum of 2^(-age / h))
    over these events, h in days. log_rate: log of c a day since the first of them, a week at least.
    log_days_since_last: log(1 + days). log_due: log((1 + days since the last) / (1 + mean gap between them)),
    0 for an item had once. log_popularity: log of the item's share of the events of late.
    log_events_per_user: log of how often it was had by those who had it: weekly, or once.
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
        *about(items[first], moments[rows[first]]).T,
    ]
    offsets = np.searchsorted(rows[first], np.arange(len(histories) + 1))
    own = Ragged(offsets.astype(np.int64), items[first].astype(np.int32))
    return OwnItems(own, np.stack(columns, axis=1).astype(np.float32))


def _strongest(rows: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Positions, ascending, of the MAX_OWN strongest entries of each row; `rows` ascend."""
    order = np.lexsort((-strength, rows))
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return np.sort(order[place < MAX_OWN])


def items_as_of(counts: Mapping[str, np.ndarray]) -> Items:
    """The items as of one moment, whatever is asked for.

    counts: "events", "users" (who had it), "recent_events" -> (items + 1,), row 0 unknown. The share of the
    events of late is smoothed by one event an item, because it means the same for a sample of users and for
    all; events a user by one event and one user.
    """
    recent = counts["recent_events"]
    log_shares = np.log((recent + 1) / max(recent[1:].sum() + len(recent) - 1, 1))
    known = np.stack([log_shares, np.log((counts["events"] + 1) / (counts["users"] + 1))], axis=1)
    return lambda items, _: known[items]


class ItemsAt:
    """The same as of any moment, counted in histories: `days` is how far back "of late" reaches."""

    def __init__(self, histories: Histories, item_count: int, days: int) -> None:
        known = histories.items > 0
        self._begin = int(histories.times.min(initial=2**62))
        seconds = self._seconds(histories.times[known])
        self._window, self._item_count = days * 86_400, item_count
        # one ascending number for (item, time), so that one search serves all items
        self._stride = int(seconds.max(initial=0)) + 2
        keys = histories.items[known].astype(np.int64) * self._stride + seconds
        users = np.repeat(np.arange(len(histories)), histories.lengths)[known]
        is_first = _is_first(users, histories.items[known])
        self._keys, self._first_keys = np.sort(keys), np.sort(keys[is_first])
        self._every = np.sort(seconds)

    def __call__(self, items: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """Return (m, 2) float64 for m items at m moments; events at a moment itself do not count."""
        ends = np.clip(self._seconds(moments), 0, self._stride - 1)
        begins = np.clip(self._seconds(moments) - self._window, 0, self._stride - 1)
        starts = items * self._stride
        until = np.searchsorted(self._keys, starts + ends)
        recent = until - np.searchsorted(self._keys, starts + begins)
        total = np.searchsorted(self._every, ends) - np.searchsorted(self._every, begins)
        events = until - np.searchsorted(self._keys, starts)
        users = np.searchsorted(self._first_keys, starts + ends) - np.searchsorted(self._first_keys, starts)
        log_shares = np.log((recent + 1) / (total + self._item_count))
        return np.stack([log_shares, np.log((events + 1) / (users + 1))], axis=1)

    def _seconds(self, times: np.ndarray) -> np.ndarray:
        return (times - self._begin) // MICROSECONDS


def _is_first(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Whether an event is its user's first with the item, (m,) bool; events of a user ascend in time."""
    order = np.lexsort((items, users))  # stable: the earliest comes first
    opens = np.ones(len(order), bool)
    opens[1:] = (users[order][1:] != users[order][:-1]) | (items[order][1:] != items[order][:-1])
    is_first = np.zeros(len(order), bool)
    is_first[order] = opens
    return is_first
