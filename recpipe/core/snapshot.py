"""Reading a snapshot: histories, the vocabulary, item features.

Snapshots are read with Arrow, never through the database, so that training, evaluation and
recommendation need no lock.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.histories import Histories, Moment, Part, histories_of
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace

__all__ = ["Histories", "Moment", "Part", "Snapshot"]


class Snapshot:
    """One snapshot on disk. `vocabulary` holds the items known before the test part."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.name: str = manifest["name"]

    @classmethod
    def open(cls, workspace: Workspace, name: str = "") -> "Snapshot":
        """Open a snapshot, the newest if `name` is empty, after its hashes are verified.

        Raises DataError if there is none, or naming the file that was altered.
        """
        shelf = workspace.snapshots
        name = shelf.resolve(name, "newest")
        return cls(shelf.verify(name), shelf.manifest(name))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The items known before the test part, index 1 to `known_items`."""
        table = self._read("items", [c.ITEM_ID])
        return Vocabulary(
            table.column(c.ITEM_ID)[: self.manifest["known_items"]].to_numpy(zero_copy_only=False)
        )

    @property
    def item_count(self) -> int:
        """How many items have an index, those first seen in the test part included."""
        return int(self.manifest["rows"]["items"])

    @property
    def user_count(self) -> int:
        """How many users there are, those without events included."""
        return int(self.manifest["rows"]["interactions"])

    @property
    def event_weights(self) -> np.ndarray:
        """The weight of each event type by its index from 1, (types + 1,) float32; 0 for none."""
        names = self.manifest["event_types"]
        # snapshots made before weights existed have none: every event counts 1
        return np.array([0.0, *self.manifest.get("event_weights", [1.0] * len(names))], np.float32)

    def items(self) -> pa.Table:
        """Return the table `items`, ordered by `item_index` from 1."""
        return self._read("items", None)

    def catalogue(self) -> pa.Table:
        """Return `items` and, after them, the items without any event, ordered by `item_index` from 1.

        Columns `item_index`, `item_id`, `title`, `categories`, `attributes`, `price`, `available_from` and
        `available_until`; what a snapshot of an earlier version does not tell is null.
        """
        items = self.items()
        parts = [items]
        if self._path("new_items").exists():
            parts.append(self._read("new_items", None))
        names = [c.ITEM_INDEX, c.ITEM_ID, c.TITLE, c.CATEGORIES, c.ATTRIBUTES, *c.OFFER]
        found = pa.concat_tables(parts, promote_options="default")
        for name in set(c.OFFER) - set(found.column_names):
            kind = pa.float64() if name == c.PRICE else pa.timestamp("us")
            found = found.append_column(name, pa.nulls(len(found), kind))
        return found.select(names)

    @property
    def user_ids(self) -> np.ndarray:
        """Return every user's id, (users,) object, in their order."""
        ids: np.ndarray = (
            self._read("interactions", [c.USER_ID]).column(c.USER_ID).to_numpy(zero_copy_only=False)
        )
        return ids

    @cached_property
    def group_sizes(self) -> np.ndarray:
        """Users and events of each row group of `interactions`, (groups, 2) int64; only its end is read.

        A user without events counts as one event.
        """
        metadata = pq.read_metadata(self._path("interactions"))
        sizes = []
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            columns = [group.column(at) for at in range(group.num_columns)]
            events = [each.num_values for each in columns if each.path_in_schema.startswith(c.ITEM_INDICES)]
            sizes.append((group.num_rows, *events))
        return np.array(sizes, dtype=np.int64).reshape(-1, 2)

    def histories(self, groups: Sequence[int] | None = None) -> Histories:
        """Return the histories of all users, or those of some row groups, in the order of `user_id`."""
        with pq.ParquetFile(self._path("interactions")) as file:
            return histories_of(file.read() if groups is None else file.read_row_groups(groups))

    def chunks(self, users: int) -> Iterator[Histories]:
        """Yield the histories of `users` users at a time; memory does not grow with their number."""
        with pq.ParquetFile(self._path("interactions")) as file:
            for batch in file.iter_batches(batch_size=users):
                yield histories_of(pa.Table.from_batches([batch]))

    def item_features(self, moment: Moment) -> dict[str, np.ndarray]:
        """Return `events`, `recent_events`, `users` by item index, (items + 1,) int64; row 0 is unknown."""
        counted = (c.EVENTS, c.RECENT_EVENTS, c.USERS)
        table = pq.read_table(
            self._path("item_features"),
            columns=[c.ITEM_INDEX, *counted],
            filters=[(c.MOMENT, "=", moment)],
        )
        features = {}
        for name in counted:
            features[name] = np.zeros(self.item_count + 1, np.int64)
            features[name][table.column(c.ITEM_INDEX).to_numpy()] = table.column(name).to_numpy()
        return features

    def _read(self, table: str, names: list[str] | None) -> pa.Table:
        return pq.read_table(self._path(table), columns=names)

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"
