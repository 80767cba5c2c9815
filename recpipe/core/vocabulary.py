"""External item ids and their dense indices: index 0 is unknown, the rest start at 1."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.errors import DataError


@dataclass(frozen=True)
class Vocabulary:
    """The items a snapshot or a model knows: `ids` (n,) object, item i + 1 is called `ids[i]`.

    Raises DataError at construction if an id occurs twice.

    >>> Vocabulary(np.array(["a", "b"], object)).index_of(np.array(["b", "x"], object))
    array([2, 0], dtype=int32)
    """

    ids: np.ndarray

    def __post_init__(self) -> None:
        if len(self._positions) != len(self.ids):
            raise DataError(
                f"a vocabulary of {len(self.ids)} items names only {len(self._positions)} different ids"
            )

    @property
    def size(self) -> int:
        """How many items it holds, unknown not counted."""
        return len(self.ids)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {item: index for index, item in enumerate(self.ids.tolist(), start=1)}

    def index_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the index of each id, int32; 0 where it is not known."""
        return np.fromiter((self._positions.get(item, 0) for item in ids.tolist()), np.int32, len(ids))

    def translation_to(self, other: "Vocabulary") -> np.ndarray:
        """Return m, (size + 1,) int32: item i here is item `m[i]` in `other`; 0 where it is unknown."""
        return np.concatenate([np.zeros(1, np.int32), other.index_of(self.ids)])

    def write(self, path: Path) -> None:
        """Write it as Parquet: `item_index`, `item_id`."""
        index = pa.array(np.arange(1, self.size + 1, dtype=np.int32))
        pq.write_table(
            pa.table({c.ITEM_INDEX: index, c.ITEM_ID: pa.array(self.ids.tolist(), pa.string())}), path
        )

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Read what `write` wrote."""
        return cls(pq.read_table(path).column(c.ITEM_ID).to_numpy(zero_copy_only=False))
