"""Write the current lists to one file: Parquet, CSV or JSON lines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from recpipe.core.errors import DataError, ParameterError
from recpipe.core.files import temporary
from recpipe.core.workspace import Workspace
from recpipe.recommend.current import Publication
from recpipe.recommend.lists import SCHEMA

Batches = Iterator[pa.RecordBatch]


def export(workspace: Workspace, out: Path) -> int:
    """Write user_id, item_id, rank, score and reason of every recommendation to `out`; return the rows.

    The suffix chooses the format: .parquet, .csv or .jsonl. Rows are streamed; the file appears whole
    or not at all. Raises ParameterError for another suffix, DataError if there is no publication yet,
    if a file of it was altered, or if `out` cannot be written.
    """
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        raise ParameterError(f"{out}: unknown suffix {out.suffix!r}", f"Use one of: {', '.join(_WRITERS)}.")
    if out.is_dir() or not out.parent.is_dir():
        reason = "it is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise DataError(f"{out}: cannot be written, {reason}", "Name a file in a folder that exists.")
    publication = Publication.open(workspace)
    workspace.publications.verify(publication.name)
    return _write_whole(out, write, publication)


def _write_whole(out: Path, write: Callable[[Path, Batches], None], publication: Publication) -> int:
    unfinished = temporary(out.parent, "export")
    counted = _Counted(publication)
    try:
        write(unfinished, counted.batches())
        unfinished.replace(out)
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written ({error.strerror or error})", "Name another file."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return counted.rows


class _Counted:
    """Streams a publication's rows and counts them."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self.rows = 0

    def batches(self) -> Batches:
        for part in self._publication.parts():
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches(batch_size=65_536, columns=SCHEMA.names):
                    self.rows += batch.num_rows
                    yield batch


def _write_parquet(path: Path, batches: Batches) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_csv(path: Path, batches: Batches) -> None:
    with pyarrow.csv.CSVWriter(path, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_jsonl(path: Path, batches: Batches) -> None:
    with path.open("w", encoding="utf-8") as file:
        for batch in batches:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())


_WRITERS: dict[str, Callable[[Path, Batches], None]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
}
