"""What a second stage may know: everything strictly before a moment, and who is asked at it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from recpipe.core import columns as c
from recpipe.core.known import MICROSECONDS_PER_DAY, Known, has_common_time, known_in
from recpipe.core.snapshot import Histories, Moment, Snapshot


@dataclass(frozen=True)
class Asked:
    """n users who are asked: what they did before, in the snapshot's items, and the same as counts."""

    histories: Histories
    known: Known

    def __len__(self) -> int:
        return len(self.histories)


@dataclass(frozen=True)
class Past:
    """All events before `moment`, N of them, and what is known of the m items of the catalogue.

    known: of all users, age counted from `newest` (microseconds) or, without a common time, from each user's
    own newest event. ages: (N,) float64, days before `newest`. categories: (m + 1, levels) int32, the path
    from the top as numbers from 1, each place in the tree its own, 0 = none. price_position: (m + 1,)
    float32, NaN where unknown.
    """

    moment: Moment
    known: Known
    ages: np.ndarray
    newest: int
    has_common_time: bool
    categories: np.ndarray
    price_position: np.ndarray

    @classmethod
    def of(cls, snapshot: Snapshot, moment: Moment, histories: Histories | None = None) -> "Past":
        """Read what was known before `moment`; items first seen in the test part count as of "now" only.

        histories: of all users, where less of them is to be known.
        """
        histories = snapshot.histories().until(moment) if histories is None else histories
        items = snapshot.item_count if moment == "now" else snapshot.vocabulary.size
        common = has_common_time(snapshot)
        newest = int(histories.times.max(initial=0))
        known = known_in(histories, items, common, newest)
        counts = (histories.items > 0) & (histories.items <= items)
        ages = (newest - histories.times[counts]) / MICROSECONDS_PER_DAY
        table = snapshot.items().slice(0, items)
        return cls(moment, known, ages, newest, common, _paths(table), _price_positions(table))

    @property
    def items(self) -> int:
        """How many items there are, m."""
        return self.known.items

    def asked(self, histories: Histories) -> Asked:
        """Return n users with `histories`, all before the moment, as generators and features read them."""
        return Asked(histories, known_in(histories, self.items, self.has_common_time, self.newest))

    @cached_property
    def pairs(self) -> "Pairs":
        """Each user and item that met, once."""
        return Pairs.of(self.known, self.ages)

    def users_of_late(self, days: float) -> np.ndarray:
        """How many users had each item in the last `days` days, (m + 1,) float32, row 0 unknown."""
        late = self.pairs.newest_ages < days
        return np.bincount(self.pairs.items[late], minlength=self.items + 1).astype(np.float32)


@dataclass(frozen=True)
class Pairs:
    """P distinct pairs by user and item, (P,) each: items from 1, events, days since the newest."""

    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    newest_ages: np.ndarray

    @classmethod
    def of(cls, known: Known, ages: np.ndarray) -> "Pairs":
        """Count the events of each pair."""
        keys = known.rows * (known.items + 1) + known.columns + 1
        order = np.argsort(keys, kind="stable")
        keys, ages = keys[order], ages[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        users, items = np.divmod(keys[first], known.items + 1)
        newest = np.minimum.reduceat(ages, first) if len(first) else ages
        return cls(users, items, np.diff(np.append(first, len(keys))), newest)


def _paths(items: pa.Table) -> np.ndarray:
    """Category paths (m + 1, levels) int32; a name below another parent is another number."""
    paths = [["/".join(path[: level + 1]) for level in range(len(path))] for path in _lists(items)]
    levels = max((len(path) for path in paths), default=0)
    found = np.zeros((len(items) + 1, levels), np.int32)
    for level in range(levels):
        names = np.array([path[level] if len(path) > level else "" for path in paths], object)
        known = names != ""
        found[1:, level][known] = np.unique(names[known].astype(str), return_inverse=True)[1] + 1
    return found


def _lists(items: pa.Table) -> list[list[str]]:
    return [path or [] for path in items.column(c.CATEGORIES).to_pylist()]


def _price_positions(items: pa.Table) -> np.ndarray:
    found = np.full(len(items) + 1, np.nan, np.float32)
    if c.PRICE_POSITION in items.column_names:
        found[1:] = items.column(c.PRICE_POSITION).to_numpy(zero_copy_only=False)
    return found
