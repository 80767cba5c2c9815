"""What a peer is expected to cost, so that it is known before it is fitted.

Told from the sizes of the data alone, never from a clock: the same data are compared with the same peers,
however busy the machine. Seconds are CPU-seconds of a core of 2026, to within a factor of two or so.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recpipe.core.known import Known


@dataclass(frozen=True)
class Size:
    """Users, items, distinct pairs of them, their squares summed by user, and how many users are asked."""

    users: int
    items: int
    pairs: int
    squares: int
    asked: int

    @classmethod
    def of(cls, known: Known, asked: int) -> "Size":
        """Count what is known."""
        lengths = np.diff(known.counts("binary").indptr).astype(np.int64)
        return cls(known.users, known.items, int(lengths.sum()), int((lengths**2).sum()), asked)


def ranking(size: Size) -> float:
    """Scoring apart, what it costs to find the best of all items for those asked."""
    return 40e-9 * size.asked * size.items


def ease(size: Size) -> float:
    """An inverse of the smaller side, and products of sparse rows with it or its like."""
    side = min(size.users, size.items)
    return 6e-11 * side**3 + 1e-9 * size.pairs * (side + size.asked)


def als(size: Size) -> float:
    """15 iterations of conjugate gradients in 64 dimensions."""
    return 1e-5 * size.pairs + 5e-5 * (size.users + size.items) + 1e-8 * size.asked * size.items


def item_knn(size: Size) -> float:
    """Each pair of items of a user is counted; then 100 neighbours of each item are summed."""
    return 16e-9 * size.squares + 2e-7 * size.pairs * size.asked / max(1, size.users)


def counting(size: Size) -> float:
    """One pass over what is known."""
    return 1e-6 * size.pairs


EXPECTED: dict[str, Callable[[Size], float]] = {
    "own frequency, decayed": counting,
    "item-kNN": item_knn,
    "ALS": als,
    "EASE": ease,
}
"""The peers of a bench card and what fitting and scoring cost."""


def expected(name: str, size: Size) -> float:
    """Return what one fit of the peer and one test cost, CPU-seconds."""
    return EXPECTED[name](size) + ranking(size)
