"""A user's own files: Parquet, CSV, TSV or NDJSON, plain or compressed, one or many."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recpipe.collect.filelog import SourceFile
from recpipe.collect.layout import Layout, read_layout
from recpipe.collect.params import CollectParams
from recpipe.collect.paths import expand
from recpipe.collect.places import Place
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.sources.readers import as_ours, read_as, read_documents, read_events
from recpipe.collect.staging import Staging
from recpipe.collect.tables import EVENTS, TABLES, Table, check_columns, find_columns, possible_names
from recpipe.collect.times import NATIVE, check_format, detect_format
from recpipe.core.errors import ParameterError
from recpipe.core.progress import track


@dataclass(frozen=True)
class Found:
    """One file as it will be read: its layout, our column -> theirs; of events their times' format too.

    `as_ours` says what else decides how events are understood.
    """

    table: Table
    layout: Layout
    columns: dict[str, str]
    time_format: str = ""
    as_ours: str = ""

    def report(self) -> FileReport:
        """Say how the file is read, in the words of the parameters."""
        layout = self.layout
        return {
            "table": self.table.name,
            "file": str(layout.place),
            "format": layout.format,
            "compression": layout.compression,
            "delimiter": {"\t": "tab"}.get(layout.delimiter, layout.delimiter),
            "encoding": layout.encoding,
            "timestamps": self.time_format,
            "columns": ", ".join(
                ours if ours == name else f"{ours}={name}" for ours, name in self.columns.items()
            ),
            **({"as": self.as_ours} if self.as_ours else {}),
        }

    def identity(self) -> SourceFile:
        """Say what the file is, to tell whether it was read before."""
        place = self.layout.place
        return SourceFile(self.report(), place.fingerprint(), place.content_hash)


class Files:
    """Files of events, and optionally of items and users, with columns called as `columns` says.

    Events need user_id, item_id and timestamp; event_type, value and event_order are optional. Items
    need item_id; title and categories (a list, or `|`-separated) are known, everything else is an
    attribute. Users need user_id. Lines are numbered as in an editor, Parquet rows from 1.
    """

    incremental = False

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params

    def preflight(self) -> list[FileReport]:
        """See `Source`. Looks at the first rows of every file."""
        return [found.report() for found in self._find()]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`."""
        return [place.fingerprint() for _, place in self._places()]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`."""
        found = list(self._find())
        must = staging.unread([file.identity() for file in found])
        found = [file for file, is_new in zip(found, must, strict=True) if is_new]
        read_as(staging, self._params)
        advance = track("reading", len(found), "files")
        for file in found:
            if file.table is EVENTS:
                read_events(staging, file.layout, file.columns, file.time_format)
            else:
                read_documents(staging, file.layout, file.columns, file.table.name)
            advance(1)
        return [file.report() for file in found]

    def _places(self) -> Iterator[tuple[Table, Place]]:
        if not self._params.events:
            raise ParameterError(
                "source files: no events are named",
                "Add --events PATH (a file, a folder, a glob, an address).",
            )
        for table in TABLES:
            for place in expand(f"collect.{table.name}", getattr(self._params, table.name)):
                yield table, place

    def _find(self) -> Iterator[Found]:
        params = self._params
        check_columns(params.columns)
        check_format(params.timestamp_format)
        for table, place in self._places():
            names = possible_names(table, params.columns)
            layout = read_layout(place, params.delimiter, params.encoding, names)
            columns = find_columns(table, params.columns, layout.columns, str(place))
            if table is EVENTS:
                yield Found(table, layout, columns, self._time_format(layout, columns), as_ours(params))
            else:
                yield Found(table, layout, columns)

    def _time_format(self, layout: Layout, columns: dict[str, str]) -> str:
        moment = columns["timestamp"]
        if moment in layout.moments:
            return NATIVE
        sample = [row.get(moment) for row in layout.sample]
        return detect_format(self._params.timestamp_format, sample, str(layout.place))
