"""What is known at a moment, as matrices of how much each user had of each item."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import coo_array, csr_array

from recpipe.core.snapshot import Histories, Moment, Snapshot

MICROSECONDS_PER_DAY = 86_400_000_000

AgedBy = Literal["days", "events"]


@dataclass(frozen=True)
class Known:
    """N events of all users before a moment, on items known before the test part.

    rows, columns: (N,) int64, user and item, each user's oldest first. days: (N,) float64, their age in
    days. events: (N,) float64, how many events of the same user are newer.
    """

    users: int
    items: int
    rows: np.ndarray
    columns: np.ndarray
    days: np.ndarray
    events: np.ndarray

    def counts(self, counts: str = "count", half_life: float = 1.0, by: AgedBy = "days") -> csr_array:
        """Return users × items, float32: how often each user had each item.

        counts: "binary" 1, "count" n, "log" ln(1 + n); or of decayed counts, in which an event counts
        2 ** (-age / half_life), "decayed" and "log decayed". by: whether age is in days or in events.
        """
        weights = self.decay(half_life, by) if "decayed" in counts else np.ones(len(self.rows))
        matrix = coo_array((weights, (self.rows, self.columns)), shape=(self.users, self.items)).tocsr()
        if counts == "binary":
            matrix.data[:] = 1
        elif counts.startswith("log"):
            matrix.data = np.log1p(matrix.data)
        matrix = matrix.astype(np.float32)
        matrix.eliminate_zeros()  # what has decayed to nothing in float32 is not there
        return matrix

    def decay(self, half_life: float, by: AgedBy = "days") -> np.ndarray:
        """Return the weight of each event, (N,) in (0, 1]: halved with every `half_life` of age."""
        weights: np.ndarray = np.exp2(-getattr(self, by) / half_life)
        return weights


def counted(known: Known, weights: np.ndarray, by: str) -> np.ndarray:
    """Sum the weights (N,) of the events of each item, (items,) float64.

    by: "events" sums all, "users" only the newest event of each user with each item.
    """
    if by == "events":
        return np.bincount(known.columns, weights, minlength=known.items)
    pairs = known.rows * known.items + known.columns
    # events are in order of time: the last occurrence is the newest
    newest = len(pairs) - 1 - np.unique(pairs[::-1], return_index=True)[1]
    return np.bincount(known.columns[newest], weights[newest], minlength=known.items)


def known_before(snapshot: Snapshot, moment: Moment) -> Known:
    """Read what was known before the part `moment`.

    Age counts from the newest event of all; under the split `last-event`, which has no common time, from
    the user's own newest.
    """
    return known_in(snapshot.histories().until(moment), snapshot.vocabulary.size, has_common_time(snapshot))


def known_in(histories: Histories, items: int, has_common_time: bool, newest_of_all: int = 0) -> Known:
    """Turn histories into what peers read; `items` are known, those of a higher index are left out.

    newest_of_all: the common time from which age counts, microseconds, where these are not all users; 0:
    the newest event here.
    """
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    newest = np.full(len(histories), newest_of_all or histories.times.max(initial=0))
    if not has_common_time:
        has_any = histories.lengths > 0
        newest[has_any] = histories.times[histories.offsets[1:][has_any] - 1]
    kept = (histories.items > 0) & (histories.items <= items)
    newer = np.repeat(histories.offsets[1:], histories.lengths) - 1 - np.arange(len(rows))
    return Known(
        users=len(histories),
        items=items,
        rows=rows[kept],
        columns=histories.items[kept].astype(np.int64) - 1,
        days=((newest[rows] - histories.times) / MICROSECONDS_PER_DAY)[kept],
        events=newer[kept].astype(np.float64),
    )


def has_common_time(snapshot: Snapshot) -> bool:
    """Whether the lists of all users are made at one time: by the split `time` they are."""
    return bool(snapshot.manifest["split"]["kind"] == "time")
