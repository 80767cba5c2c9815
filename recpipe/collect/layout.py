"""What a file is: format, compression, delimiter, encoding and columns, read off its first bytes."""

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from recpipe.collect.encoding import decode
from recpipe.collect.places import Place, reaching
from recpipe.core.errors import DataError

Format = Literal["parquet", "csv", "ndjson"]

FORMATS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
}
MAGIC = {b"PAR1": "Parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "Zstandard", b"PK\x03\x04": "zip"}
COMPRESSIONS = {".gz": "gzip", ".zst": "Zstandard"}
DELIMITERS = (",", "\t", ";", "|")

_HEAD_BYTES = 1 << 18
_SAMPLE_ROWS = 1000


@dataclass(frozen=True)
class Layout:
    """How one file is to be read.

    `sample` has its first rows by column name (Parquet: of the wanted columns only); `moments` are
    the columns that the file itself declares as timestamps.
    """

    place: Place
    format: Format
    compression: str
    columns: tuple[str, ...]
    sample: tuple[dict[str, Any], ...]
    delimiter: str = ""
    encoding: str = ""
    moments: frozenset[str] = frozenset()


def read_layout(place: Place, delimiter: str, encoding: str, wanted: Collection[str]) -> Layout:
    """Look at the first bytes of the file at `place`; "auto" stands for what is to be told from them.

    `wanted` are column names to recognise a header line by. Raises DataError if the file is empty,
    damaged, of another format than its name says, or not text in a readable encoding; UnreachableError if
    a remote one cannot be had.
    """
    with reaching(place.address):
        return _read_layout(place, delimiter, encoding, wanted)


def _read_layout(place: Place, delimiter: str, encoding: str, wanted: Collection[str]) -> Layout:
    suffixes = place.suffixes
    compression = COMPRESSIONS.get(suffixes[-1], "") if suffixes else ""
    suffix = suffixes[-2] if compression and len(suffixes) > 1 else "".join(suffixes[-1:])
    if suffix not in FORMATS or (compression and FORMATS[suffix] == "parquet"):
        raise DataError(
            f"{place}: files called {''.join(suffixes[-2:]) or 'so'} are not read here",
            f"Use {', '.join(FORMATS)}; text may be compressed (.csv.gz, .ndjson.zst).",
        )
    _check_magic(place, "Parquet" if FORMATS[suffix] == "parquet" else compression)
    if FORMATS[suffix] == "parquet":
        return _read_parquet(place, wanted)
    head = _read_head(place, compression)
    text, encoding = decode(place, head, encoding, is_whole=len(head) < _HEAD_BYTES)
    if FORMATS[suffix] == "ndjson":
        rows = tuple(_json_rows(place, text))
        keys = tuple(dict.fromkeys(key for row in rows for key in row))
        return Layout(place, "ndjson", compression, keys, rows, encoding=encoding)
    return _read_csv(place, text, delimiter, wanted, compression, encoding)


def _check_magic(place: Place, promised: str) -> None:
    with place.open() as file:
        first = file.read(4)
    if not first:
        raise DataError(f"{place}: the file is empty", "Leave it out, or export it again.")
    found = next((name for magic, name in MAGIC.items() if first.startswith(magic)), "")
    if found != promised:
        raise DataError(
            f"{place}: by its name {promised or 'plain text'}, by its content {found or 'not'}",
            "Give the file the name of what it holds.",
        )


def _read_parquet(place: Place, wanted: Collection[str]) -> Layout:
    import pyarrow
    from pyarrow import parquet

    try:
        with place.open() as opened:
            file = parquet.ParquetFile(opened)
            schema = file.schema_arrow
            moments = frozenset(field.name for field in schema if pyarrow.types.is_timestamp(field.type))
            sampled = [name for name in schema.names if name in wanted and name not in moments]
            batch = next(file.iter_batches(_SAMPLE_ROWS, columns=sampled), None)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            f"{place}: no complete Parquet file ({str(error).splitlines()[0]})", "Copy or export it again."
        ) from None
    rows = tuple(batch.to_pylist()) if batch is not None else ()
    return Layout(place, "parquet", "", tuple(schema.names), rows, moments=moments)


def _read_head(place: Place, compression: str) -> bytes:
    """Return the first bytes, decompressed."""
    try:
        with place.open() as file:
            if compression == "gzip":
                return gzip.GzipFile(fileobj=file).read(_HEAD_BYTES)
            if compression == "Zstandard":
                import pyarrow

                with pyarrow.input_stream(file, compression="zstd") as stream:
                    return bytes(stream.read(_HEAD_BYTES))
            return file.read(_HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise DataError(f"{place}: damaged ({error})", "Copy or export it again.") from None


def _json_rows(place: Place, text: str) -> Iterator[dict[str, Any]]:
    lines = text.splitlines() if len(text) < _HEAD_BYTES else text.splitlines()[:-1]
    if text.lstrip().startswith("["):
        raise DataError(
            f"{place}: one JSON list, not an object a line",
            "Convert it, e.g. jq -c '.[]' in.json > out.ndjson.",
        )
    for line in lines[:_SAMPLE_ROWS]:
        try:
            row = json.loads(line)
        except ValueError:
            continue  # one bad row; it is found again, and quarantined, when all are read
        if isinstance(row, dict):
            yield row


def _read_csv(
    place: Place, text: str, delimiter: str, wanted: Collection[str], compression: str, encoding: str
) -> Layout:
    declared = {"tab": "\t", r"\t": "\t"}.get(delimiter, delimiter)
    delimiters = DELIMITERS if declared == "auto" else (declared,)
    headers = {candidate: _rows(text, candidate)[:1] for candidate in delimiters}
    if not any(headers.values()):
        raise DataError(f"{place}: the file holds no line", "Leave it out, or export it again.")
    best = max(
        delimiters, key=lambda d: (len(set(wanted).intersection(*headers[d])), len((headers[d] or [[]])[0]))
    )
    columns = tuple(name.strip() for name in headers[best][0])
    rows = tuple(dict(zip(columns, row, strict=False)) for row in _rows(text, best)[1:])
    return Layout(place, "csv", compression, columns, rows, best, encoding)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first rows that are not blank; the very last may be cut."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # broken beyond this line; the reader of all rows says what is wrong
    return rows
