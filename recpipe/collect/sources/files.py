"""A user's own files: Parquet, CSV, TSV or NDJSON, plain or compressed, one or many."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recpipe.collect.filelog import SourceFile
from recpipe.collect.fingerprints import file_fingerprint
from recpipe.collect.layout import Layout, read_layout
from recpipe.collect.params import CollectParams
from recpipe.collect.paths import expand
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.sources.readers import read_documents, read_events
from recpipe.collect.staging import Staging
from recpipe.collect.tables import EVENTS, TABLES, Table, check_columns, find_columns, possible_names
from recpipe.collect.times import NATIVE, check_format, detect_format
from recpipe.core.errors import ParameterError
from recpipe.core.files import file_hash
from recpipe.core.progress import track


@dataclass(frozen=True)
class Found:
    """One file as it will be read: its layout, our column -> theirs, and (events) its times' format."""

    table: Table
    layout: Layout
    columns: dict[str, str]
    time_format: str = ""

    def report(self) -> FileReport:
        """Say how the file is read, in the words of the parameters."""
        layout = self.layout
        return {
            "table": self.table.name,
            "file": str(layout.path),
            "format": layout.format,
            "compression": layout.compression,
            "delimiter": {"\t": "tab"}.get(layout.delimiter, layout.delimiter),
            "encoding": layout.encoding,
            "timestamps": self.time_format,
            "columns": ", ".join(
                ours if ours == name else f"{ours}={name}" for ours, name in self.columns.items()
            ),
        }

    def identity(self) -> SourceFile:
        """Say what the file is, to tell whether it was read before."""
        path = self.layout.path
        return SourceFile(self.report(), file_fingerprint(path), lambda: file_hash(path))


class Files:
    """Files of events, and optionally of items and users, with columns called as `columns` says.

    Events need user_id, item_id and timestamp; event_type, value and event_order are optional. Items
    need item_id; title and categories (a list, or `|`-separated) are known, everything else is an
    attribute. Users need user_id. Lines are numbered as in an editor, Parquet rows from 1.
    """

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params

    def preflight(self) -> list[FileReport]:
        """See `Source`. Looks at the first rows of every file."""
        return [found.report() for found in self._find()]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`."""
        return [file_fingerprint(path) for _, path in self._paths()]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`."""
        found = list(self._find())
        must = staging.unread([file.identity() for file in found])
        found = [file for file, is_new in zip(found, must, strict=True) if is_new]
        advance = track("reading", len(found), "files")
        for file in found:
            if file.table is EVENTS:
                read_events(staging, file.layout, file.columns, file.time_format)
            else:
                read_documents(staging, file.layout, file.columns, file.table.name)
            advance(1)
        return [file.report() for file in found]

    def _paths(self) -> Iterator[tuple[Table, Path]]:
        if not self._params.events:
            raise ParameterError("source files: no events are named", "Add --events PATH (a file or a glob).")
        for table in TABLES:
            for path in expand(f"collect.{table.name}", getattr(self._params, table.name)):
                yield table, path

    def _find(self) -> Iterator[Found]:
        params = self._params
        check_columns(params.columns)
        check_format(params.timestamp_format)
        for table, path in self._paths():
            names = possible_names(table, params.columns)
            layout = read_layout(path, params.delimiter, params.encoding, names)
            columns = find_columns(table, params.columns, layout.columns, str(path))
            yield Found(table, layout, columns, self._time_format(layout, columns) if table is EVENTS else "")

    def _time_format(self, layout: Layout, columns: dict[str, str]) -> str:
        moment = columns["timestamp"]
        if moment in layout.moments:
            return NATIVE
        sample = [row.get(moment) for row in layout.sample]
        return detect_format(self._params.timestamp_format, sample, str(layout.path))
