"""How popular items were of late, at moments of the past: what the weights of popularity are learned from."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.snapshot import Histories

MICROSECONDS_PER_DAY = 86_400_000_000
MOST_MOMENTS = 64
MOST_NUMBERS = 16_000_000
"""Items times moments. With more items the moments are further apart, so that memory stays small: the table
of a million items takes 64 MB."""


@dataclass(frozen=True)
class PastPopularity:
    """Log popularity of items at some moments; a query sees the one at the last moment before it.

    moments: (m,) int64, ascending, microseconds since 1970. log_users: (items + 1, m, 2) float16, log of one
    plus how many users had an item in the last `recent_days` and in the last `latest_days` before a moment.
    """

    moments: np.ndarray
    log_users: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """Which moment is the last at each of `times` (n,), (n,) int32; before the first it is the first."""
        return np.maximum(np.searchsorted(self.moments, times, "right") - 1, 0).astype(np.int32)


class PastCounts:
    """Counts the users of the train part block by block, at moments spread evenly over its time.

    first, last: microseconds since 1970, of its events; there is at most one moment a day. days: the spans.
    """

    def __init__(self, first: int, last: int, item_count: int, days: tuple[int, ...]) -> None:
        most = min(MOST_MOMENTS, MOST_NUMBERS // (item_count + 1), (last - first) // MICROSECONDS_PER_DAY)
        self.moments = np.linspace(first, last, max(1, most) + 1)[:-1].astype(np.int64)
        self.item_count, self.days = item_count, days
        self.users = np.zeros((item_count + 1, len(self.moments), len(days)), np.int32)

    def add(self, histories: Histories) -> None:
        """Count in some users, each once."""
        for place, span in enumerate(self.days):
            self.users[..., place] += users_before(histories, self.item_count, self.moments, span)

    def log(self) -> PastPopularity:
        """What was counted, as training reads it."""
        return PastPopularity(self.moments, np.log1p(self.users).astype(np.float16))


def users_before(histories: Histories, item_count: int, moments: np.ndarray, days: int) -> np.ndarray:
    """How many users had each item in the `days` days before each moment (m,), (items + 1, m) int32.

    An event at the moment itself is not before it. A user's last event with an item stands for all: it
    counts at the moments after it, until it is too old or the user's next event with the item counts.
    """
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    order = np.lexsort((histories.times, histories.items, rows))
    items, times, rows = histories.items[order].astype(np.int64), histories.times[order], rows[order]
    ends = times + days * MICROSECONDS_PER_DAY
    is_repeated = (rows[1:] == rows[:-1]) & (items[1:] == items[:-1])
    ends[:-1] = np.where(is_repeated, np.minimum(ends[:-1], times[1:]), ends[:-1])
    width = len(moments) + 1
    begin, end = (np.searchsorted(moments, each, "right") for each in (times, ends))
    size = (item_count + 1) * width
    steps = np.bincount(items * width + begin, minlength=size)
    steps -= np.bincount(items * width + end, minlength=size)
    return steps.reshape(-1, width).cumsum(axis=1, dtype=np.int32)[:, :-1]
