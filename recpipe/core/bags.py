"""Bags of features in flat arrays of bounded width: memory grows with the items, not with the features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_ITEMS = 2
"""A feature of a single item tells nothing that the item's id does not tell."""


@dataclass(frozen=True)
class Bag:
    """Some features an item has, of which each has a vector.

    indices: (items + 1, width) int32, features from 1, 0 = none; row 0 is the unknown item. size: how many
    features there are. names: what each of them is called in every snapshot; none if its number tells that.
    """

    indices: np.ndarray
    size: int
    names: tuple[str, ...] = ()

    def occurring(self, items: np.ndarray) -> np.ndarray:
        """Which features any of `items` (items + 1,) bool has, (size + 1,) bool; none is not one."""
        found = np.zeros(self.size + 1, dtype=bool)
        found[self.indices[items]] = True
        found[0] = False
        return found


def numbered(rows: np.ndarray, names: Sequence[str], item_count: int, most: int) -> Bag:
    """A bag of features by their names (n,), item by item; what fewer than FEWEST_ITEMS have is left out.

    rows: (n,) item of each, ascending from 1. most: features kept of an item, the first ones.
    """
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    features = np.fromiter((codes[name] for name in names), np.int64, len(names))
    rows, features = without_repeats(rows, features)
    is_shared = np.bincount(features, minlength=len(codes)) >= FEWEST_ITEMS
    index = np.where(is_shared, np.cumsum(is_shared), 0)[features]
    kept = index > 0
    shared = tuple(name for name, code in codes.items() if is_shared[code])
    return packed(rows[kept], index[kept], item_count, most, len(shared), shared)


def in_bag(rows: np.ndarray, names: Sequence[str], item_count: int, most: int, known: Sequence[str]) -> Bag:
    """A bag of those features that are called as one of `known`, numbered as they stand there, from 1."""
    numbers = {name: number for number, name in enumerate(known, start=1)}
    features = np.fromiter((numbers.get(name, 0) for name in names), np.int64, len(names))
    rows, features = without_repeats(rows[features > 0], features[features > 0])
    return packed(rows, features, item_count, most, len(known), known)


def packed(
    rows: np.ndarray, features: np.ndarray, item_count: int, most: int, size: int, names: Sequence[str] = ()
) -> Bag:
    """A bag of features numbered from 1 to `size`, item by item; `rows` and `most` as in `numbered`."""
    lengths = np.bincount(rows, minlength=item_count + 1)
    place = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    width = max(1, min(most, int(lengths.max(initial=1))))
    indices = np.zeros((item_count + 1, width), dtype=np.int32)
    fits = place < width
    indices[rows[fits], place[fits]] = features[fits]
    return Bag(indices, size, tuple(names))


def without_repeats(rows: np.ndarray, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each pair of item and feature, in the order they came in."""
    _, codes = np.unique(features, return_inverse=True)
    _, first = np.unique(rows * (int(codes.max(initial=0)) + 1) + codes, return_index=True)
    first.sort()
    return rows[first], features[first]
