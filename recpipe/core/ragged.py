"""Lists of different lengths in two flat arrays: what a user has seen, what is relevant to a user."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

TABLE_BYTES = 64 * 2**20
"""Rows times values up to which membership is looked up in a table, some ten times as fast as by sorting."""


@dataclass(frozen=True)
class Ragged:
    """`n` rows of values: row `i` is `values[offsets[i]:offsets[i + 1]]`.

    offsets: (n + 1,) int64, ascending from 0 to len(values). Raises ValueError when they are not.
    """

    offsets: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        offsets = self.offsets
        if offsets.ndim != 1 or len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(self.values):
            raise ValueError(f"offsets must run from 0 to {len(self.values)}, got {offsets!r}")
        if np.any(np.diff(offsets) < 0):
            raise ValueError("offsets must not descend")

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int] | np.ndarray], dtype: type = np.int32) -> "Ragged":
        """One row a list.

        >>> Ragged.from_lists([[3, 1], [], [2]]).lengths.tolist()
        [2, 0, 1]
        """
        rows: list[np.ndarray] = [np.asarray(row, dtype=dtype) for row in lists]
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return cls(offsets, np.concatenate([np.empty(0, dtype=dtype), *rows]))

    @classmethod
    def joined(cls, parts: Sequence["Ragged"]) -> "Ragged":
        """The rows of all parts, at least one, one after the other."""
        lengths = np.concatenate([part.lengths for part in parts])
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(offsets, np.concatenate([part.values for part in parts]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        """The values of one row."""
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """(n,) int64: the number of values of each row."""
        return np.diff(self.offsets)

    @property
    def row_numbers(self) -> np.ndarray:
        """(len(values),) int64: the row each value stands in."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def take(self, rows: np.ndarray) -> "Ragged":
        """The given rows (indices or a mask), in the given order."""
        rows = np.arange(len(self))[rows]
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # position in the source = position in the result, shifted by how far its row has moved
        shift = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        return Ragged(offsets, self.values[np.arange(offsets[-1]) + shift])

    def beside(self, other: "Ragged") -> "Ragged":
        """Each row's values followed by those of the same row of `other`.

        Raises ValueError if `other` has another number of rows.

        >>> Ragged.from_lists([[3], [2]]).beside(Ragged.from_lists([[1, 4], []])).values.tolist()
        [3, 1, 4, 2]
        """
        if len(self) != len(other):
            raise ValueError(f"{len(self)} rows cannot be put beside {len(other)}")
        order = np.argsort(np.concatenate([self.row_numbers, other.row_numbers]), kind="stable")
        return Ragged(self.offsets + other.offsets, np.concatenate([self.values, other.values])[order])

    def contained(self, other: "Ragged") -> np.ndarray:
        """Which values stand in the same row of `other` too, (len(values),) bool.

        Values are not negative. Raises ValueError if `other` has another number of rows.

        >>> Ragged.from_lists([[3, 1], [2]]).contained(Ragged.from_lists([[1, 2], [2]])).tolist()
        [False, True, True]
        """
        if len(self) != len(other):
            raise ValueError(f"{len(self)} rows cannot be compared with {len(other)}")
        # one number for each (row, value): membership for all rows at once
        stride = int(max(self.values.max(initial=0), other.values.max(initial=0))) + 1
        own, others = self.row_numbers * stride + self.values, other.row_numbers * stride + other.values
        return np.isin(own, others, kind="table" if stride * len(self) <= TABLE_BYTES else None)

    def where(self, keep: np.ndarray) -> "Ragged":
        """Only the values where `keep` (len(values),) is true; the rows stay."""
        kept_before = np.concatenate([[0], np.cumsum(keep, dtype=np.int64)])
        return Ragged(kept_before[self.offsets], self.values[keep])

    def unique(self) -> "Ragged":
        """Each row ascending and without repeats.

        >>> Ragged.from_lists([[2, 1, 2], [2]]).unique().values.tolist()
        [1, 2, 2]
        """
        order = np.lexsort((self.values, self.row_numbers))
        values, rows = self.values[order], self.row_numbers
        first = np.ones(len(values), dtype=bool)
        first[1:] = (values[1:] != values[:-1]) | (rows[1:] != rows[:-1])
        return Ragged(self.offsets, values).where(first)
