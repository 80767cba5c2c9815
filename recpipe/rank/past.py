"""What a second stage may know: everything strictly before a moment, and who is asked at it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from recpipe.core import columns as c
from recpipe.core.known import MICROSECONDS_PER_DAY, Known, has_common_time, known_in
from recpipe.core.snapshot import Histories, Moment, Snapshot

MOST_EVENTS = 10_000_000
"""Events that are counted, some 2 GB of them; of more, those of some row groups of users stand for all."""


def everybody(snapshot: Snapshot) -> Histories:
    """Return the histories of all users, or of as many row groups, evenly spread, as MOST_EVENTS allow."""
    events = snapshot.group_sizes[:, 1]
    if events.sum() <= MOST_EVENTS:
        return snapshot.histories()
    groups = max(1, int(len(events) * MOST_EVENTS / events.sum()))
    return snapshot.histories(np.linspace(0, len(events) - 1, groups).astype(int).tolist())


@dataclass(frozen=True)
class Asked:
    """n users who are asked: what they did before, in the snapshot's items, and the same as counts."""

    histories: Histories
    known: Known

    def __len__(self) -> int:
        return len(self.histories)


@dataclass(frozen=True)
class Past:
    """N events before `moment`, of `everybody`, and what is known of the m items of the catalogue.

    known: of all users, age counted from `newest` (microseconds) or, without a common time, from each user's
    own newest event. ages: (N,) float64, days before `newest`. catalogue: m rows of `Snapshot.items`.
    """

    moment: Moment
    known: Known
    ages: np.ndarray
    newest: int
    has_common_time: bool
    catalogue: pa.Table

    @classmethod
    def of(cls, snapshot: Snapshot, moment: Moment, histories: Histories | None = None) -> "Past":
        """Read what was known before `moment`; items first seen in the test part count as of "now" only.

        histories: what is to be known, where that is not all of `everybody`.
        """
        histories = everybody(snapshot).until(moment) if histories is None else histories
        items = snapshot.item_count if moment == "now" else snapshot.vocabulary.size
        common = has_common_time(snapshot)
        newest = int(histories.times.max(initial=0))
        known = known_in(histories, items, common, newest)
        counts = (histories.items > 0) & (histories.items <= items)
        ages = (newest - histories.times[counts]) / MICROSECONDS_PER_DAY
        return cls(moment, known, ages, newest, common, snapshot.items().slice(0, items))

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

    @cached_property
    def had(self) -> np.ndarray:
        """Which items anybody has had, (m + 1,) bool: of others nothing can be known, nor that they exist."""
        return np.bincount(self.known.columns + 1, minlength=self.items + 1) > 0

    @cached_property
    def category_paths(self) -> list[list[str]]:
        """Each item's category path from the top, m lists."""
        return [path or [] for path in self.catalogue.column(c.CATEGORIES).to_pylist()]

    @property
    def attributes(self) -> list[str | None]:
        """Each item's attributes, m JSON objects."""
        attributes: list[str | None] = self.catalogue.column(c.ATTRIBUTES).to_pylist()
        return attributes

    @cached_property
    def price_position(self) -> np.ndarray:
        """Each item's price among those of its category, (m + 1,) float32, NaN where unknown."""
        found = np.full(self.items + 1, np.nan, np.float32)
        if c.PRICE_POSITION in self.catalogue.column_names:
            found[1:] = self.catalogue.column(c.PRICE_POSITION).to_numpy(zero_copy_only=False)
        return found

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
