"""Which files were read before: told by size and time of change, and where those differ by content."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recpipe.core.columns import EVENTS
from recpipe.core.files import content_id
from recpipe.core.store import Store


@dataclass(frozen=True)
class SourceFile:
    """A file that could be read: the report of how, what is known without reading it, and its hash.

    `fingerprint` is as `Source.fingerprint` lists it (path, size, time of change); `content_hash` is
    called only when that does not tell.
    """

    report: Mapping[str, Any]
    fingerprint: Sequence[Any]
    content_hash: Callable[[], str]


class FileLog:
    """What this workspace has read, and what is being read now.

    `noted` are the rows to be kept of the files of this ingestion, `unchanged` the files left out.

    The same content read in the same way (columns, formats, share of users, bounds) adds nothing and is
    left out: events file by file; items and users all or none, since of them the newest word wins.
    """

    def __init__(self, store: Store, ways: Mapping[str, Any]) -> None:
        """Read the log. `ways` are the parameters that decide what reading a file gives."""
        self._ways = dict(ways)
        self._known = store.run_sql("collect/known_files").records()
        self._newest: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self._known:
            self._newest.setdefault((row["table_name"], row["file"]), row)
        self.noted: list[dict[str, Any]] = []
        self.unchanged: list[str] = []

    def unread(self, files: Sequence[SourceFile]) -> list[bool]:
        """Tell for each file whether it has to be read; called once, with all files of a source."""
        rows = [self._identify(file) for file in files]
        changed = {table: self._has_changed(table, rows) for table in {row["table_name"] for row in rows}}
        contents = {_content(row) for row in self._known if row["table_name"] == EVENTS}
        must = []
        for row in rows:
            is_event_file = row["table_name"] == EVENTS
            must.append(_content(row) not in contents if is_event_file else changed[row["table_name"]])
            contents.add(_content(row))
        self.unchanged += [row["file"] for row, is_read in zip(rows, must, strict=True) if not is_read]
        self.noted += [
            row | {"is_read": is_read}
            for row, is_read in zip(rows, must, strict=True)
            if is_read or (row["table_name"] == EVENTS and not self._is_noted(row))
        ]
        return must

    def _identify(self, file: SourceFile) -> dict[str, Any]:
        """Return the row of a file, hashed only if it is new or looks changed."""
        report = {name: value for name, value in file.report.items() if name != "file"}
        row = {
            "table_name": str(report["table"]),
            "file": str(file.report["file"]),
            "fingerprint": json.dumps(list(file.fingerprint)),
            "reading": content_id(report, self._ways),
        }
        known = self._newest.get((row["table_name"], row["file"]), {})
        same = known.get("fingerprint") == row["fingerprint"]
        return row | {"content_hash": known["content_hash"] if same else file.content_hash()}

    def _has_changed(self, table: str, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether the files of `table` are other ones than those that were read of it last."""
        of_table = [row for row in reversed(self._known) if row["table_name"] == table]
        last = [row for row in of_table if row["ingestion_id"] == of_table[-1]["ingestion_id"]]
        return [_content(row) for row in rows if row["table_name"] == table] != [
            _content(row) for row in last
        ]

    def _is_noted(self, row: Mapping[str, Any]) -> bool:
        known = self._newest.get((row["table_name"], row["file"]), {})
        return known.get("fingerprint") == row["fingerprint"] and _content(known) == _content(row)


def _content(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["content_hash"]), str(row["reading"])
