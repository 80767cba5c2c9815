"""Reading a publication, with Arrow alone: no TensorFlow, no database, no lock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend.schema import CURRENT, SCHEMA

BATCH_ROWS = 65_536
"""So many rows are held in memory at once."""


@dataclass(frozen=True)
class Publication:
    """One whole publication, its files held open: what is published or removed meanwhile changes nothing.

    `files` are the Parquet parts, in the order of the users; `snapshot_folder` has what the lists were
    made from.
    """

    name: str
    manifest: dict[str, Any]
    files: Sequence[pq.ParquetFile]
    snapshot_folder: Path
    event_types: Sequence[str]

    @classmethod
    def open(cls, workspace: Workspace, name: str = "") -> "Publication":
        """Open a publication, the current one if `name` is empty.

        Raises DataError if there is none yet, none of that name, or naming a file of it that was altered so
        far that it cannot be read.
        """
        while True:
            chosen = workspace.publications.resolve(name, CURRENT)
            try:
                return cls._of(workspace, chosen)
            except (DataError, OSError, pa.ArrowInvalid):
                # replaced and removed between the two steps: then there is a newer one to open
                if name or workspace.publications.pointed(CURRENT) == chosen:
                    workspace.publications.verify(chosen)  # names the file that was altered
                    raise

    @classmethod
    def _of(cls, workspace: Workspace, name: str) -> "Publication":
        folder, manifest = workspace.publications.path(name), workspace.publications.manifest(name)
        # a mapped file stays readable when its folder is removed
        files = [
            pq.ParquetFile(pa.memory_map(str(folder / part)))
            for part in sorted(manifest["files"])
            if part.startswith("part-")
        ]
        snapshot = manifest["inputs"]["snapshot"]
        types = workspace.snapshots.manifest(snapshot)["event_types"]
        return cls(name, manifest, files, workspace.snapshots.path(snapshot), types)

    @property
    def users(self) -> int:
        """How many users the lists were made for, those with an empty list included."""
        return int(self.manifest["figures"]["users"])

    @property
    def rows(self) -> int:
        """How many recommendations there are."""
        return sum(file.metadata.num_rows for file in self.files)

    def batches(self, columns: Sequence[str] = tuple(SCHEMA.names)) -> Iterator[pa.RecordBatch]:
        """Yield all recommendations, by user and rank, a bounded number at a time."""
        schema = pa.schema([SCHEMA.field(name) for name in columns])
        for file in self.files:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
                yield _completed(batch, schema)

    def of(self, user: str) -> list[dict[str, Any]]:
        """Return the list of `user`, best first, a dictionary of the columns a place; [] if it is empty.

        Raises DataError if there is no such user.
        """
        for file in self.files:
            for group in range(file.metadata.num_row_groups):
                if _may_hold(file.metadata.row_group(group), user):
                    rows = file.read_row_group(group).filter(pc.field(c.USER_ID) == user)
                    if rows.num_rows:
                        found = rows.sort_by(c.RANK).combine_chunks().to_batches()
                        return [row for batch in found for row in _completed(batch, SCHEMA).to_pylist()]
        self.history(user)
        return []

    def history(self, user: str) -> dict[str, Any]:
        """Return the user's row of the snapshot's `interactions`. Raises DataError if there is none."""
        interactions = ds.dataset(str(self.snapshot_folder / "interactions.parquet"))
        found = interactions.to_table(filter=pc.field(c.USER_ID) == user).to_pylist()
        if not found:
            raise DataError(
                f"publication {self.name}: there is no user {user!r}",
                "Check the id, or run the pipeline again if the user is new.",
            )
        return dict(found[0])

    @cached_property
    def titled(self) -> list[Path]:
        """Files with titles; snapshots of an earlier version have no new items."""
        tables = (self.snapshot_folder / f"{table}.parquet" for table in ("items", "new_items"))
        return [path for path in tables if path.exists()]

    def titles(self, ids: set[str], indices: set[int]) -> dict[str | int, tuple[str, str]]:
        """Return id and title of items, by id and by index; an item without a title shows its id."""
        named = pc.field(c.ITEM_ID).isin(pa.array(sorted(ids), pa.string()))
        numbered = pc.field(c.ITEM_INDEX).isin(pa.array(sorted(indices), pa.int32()))
        titles: dict[str | int, tuple[str, str]] = {}
        for path in self.titled:
            columns = [c.ITEM_INDEX, c.ITEM_ID, c.TITLE]
            for row in pq.read_table(path, columns=columns, filters=named | numbered).to_pylist():
                shown = (row[c.ITEM_ID], row[c.TITLE] or row[c.ITEM_ID])
                titles |= {row[c.ITEM_ID]: shown, row[c.ITEM_INDEX]: shown}
        return titles


def _may_hold(group: pq.RowGroupMetaData, user: str) -> bool:
    """Tell whether a row group can have rows of `user`, by the least and greatest id in it."""
    columns = (group.column(at) for at in range(group.num_columns))
    statistics = next((one.statistics for one in columns if one.path_in_schema == c.USER_ID), None)
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min.encode() <= user.encode() <= statistics.max.encode())


def _completed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the columns of `schema`; those that publications of an earlier version lack are null."""
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
