"""Write lists to one file: Parquet, CSV or JSON lines."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from recpipe.core.errors import DataError, ParameterError
from recpipe.core.files import temporary
from recpipe.recommend.publication import Publication
from recpipe.recommend.schema import SCHEMA

Batches = Iterator[pa.RecordBatch]


def write_file(out: Path, publication: Publication) -> None:
    """Write every recommendation of `publication` to the file `out`; its suffix chooses the format.

    Rows are streamed; the file appears whole or not at all. Raises ParameterError for another suffix,
    DataError if `out` cannot be written.
    """
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        known = ", ".join(_WRITERS)
        raise ParameterError(
            f"{out}: unknown suffix {out.suffix!r}",
            f"Use one of: {known}; or the address of a database: postgresql://…, sqlite:///…, redis://…",
        )
    if out.is_dir() or not out.parent.is_dir():
        reason = "it is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise DataError(f"{out}: cannot be written, {reason}", "Name a file in a folder that exists.")
    _write_whole(out, write, publication)


def _write_whole(out: Path, write: Callable[[Path, Batches], None], publication: Publication) -> None:
    unfinished = temporary(out.parent, "export")
    try:
        write(unfinished, publication.batches())
        unfinished.replace(out)
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written ({error.strerror or error})", "Name another file."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


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
            file.writelines(_json(row) + "\n" for row in batch.to_pylist())


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=datetime.isoformat)


_WRITERS: dict[str, Callable[[Path, Batches], None]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
}
