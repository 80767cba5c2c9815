"""The users of a snapshot, block by block: what training holds is bounded by a block, not by the snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recpipe.core.snapshot import Histories, Snapshot

BLOCK_EVENTS = 2_000_000
"""Events of one block, give or take a row group. Examples take some 250 bytes an event while they are made,
so half a GiB; MovieLens-1M and Complete Journey are one block."""


@dataclass(frozen=True)
class Block:
    """Some users of a snapshot. rows: (n,) their numbers in it, ascending; histories: all their events."""

    rows: np.ndarray
    histories: Histories

    def of(self, which: np.ndarray) -> Histories:
        """The histories of those who are true in `which`, (users of the snapshot,) bool."""
        return self.histories.take(np.flatnonzero(which[self.rows]))


@dataclass(frozen=True)
class Source:
    """Where histories are read from. mapping: (items of the snapshot + 1,) int32, what each is called here.

    wanted: (users,) bool, which users. up_to_now: whether all their events count as the train part.
    """

    snapshot: Snapshot
    mapping: np.ndarray
    wanted: np.ndarray
    up_to_now: bool = False

    def blocks(self, random: np.random.Generator | None = None) -> Iterator[Block]:
        """Yield every wanted user once; in the snapshot's order, or in blocks drawn anew by `random`.

        A drawn block is made of row groups from anywhere in the snapshot, so that its users mix.
        """
        users, events = self.snapshot.group_sizes.T
        order = np.arange(len(users)) if random is None else random.permutation(len(users))
        ends, total = np.cumsum(events[order]), max(int(events.sum()), 1)
        count = -(-total // BLOCK_EVENTS)
        number = (ends - events[order]) * count // total
        for block in np.unique(number):
            yield self._read(np.sort(order[number == block]))

    def _read(self, groups: np.ndarray) -> Block:
        ends = np.cumsum(self.snapshot.group_sizes[:, 0])
        begins = ends - self.snapshot.group_sizes[:, 0]
        rows = np.concatenate([np.arange(begins[group], ends[group]) for group in groups])
        chosen = np.flatnonzero(self.wanted[rows])
        histories = self.snapshot.histories(groups.tolist()).take(chosen).translated(self.mapping)
        return Block(rows[chosen], histories.as_train_part() if self.up_to_now else histories)


def sampled_rows(count: int, share: float, seed: int) -> np.ndarray:
    """Row numbers of a share of `count` users, ascending, at least one."""
    if share >= 1 or count == 0:
        return np.arange(count)
    chosen = np.random.default_rng(seed).choice(count, size=max(1, round(count * share)), replace=False)
    return np.sort(chosen)
