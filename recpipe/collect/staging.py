"""The staging tables: where a source puts what it reads, before anything is checked or merged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recpipe.collect.filelog import FileLog, SourceFile
from recpipe.collect.places import Place, cut_off, file_system_of, is_remote
from recpipe.collect.rules import Rules
from recpipe.collect.tables import EVENTS
from recpipe.core import store as door
from recpipe.core.errors import DataError

NOT_THE_FILE = ("No space left", "Disk quota", "Out of Memory")


@dataclass(frozen=True)
class Staging:
    """The open staging of one ingestion; a source fills it.

    `store` has the empty tables staged_events, staged_items and staged_users and the macros of
    macros.sql; every row carries `ingestion_id`. `root` is the workspace's folder; `sample` the
    share of users to read; `rules` the bounds that `judged_events` holds rows against.
    """

    store: door.Store
    ingestion_id: str
    root: Path
    sample: float
    rules: Rules
    since: datetime | None = None
    """From when on (UTC) an incremental source is asked, None for its beginning."""
    until: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    """Up to when (UTC), exclusive, it is asked."""
    unchanged: list[str] = field(default_factory=list)
    """Files that were left out, because their content was read before."""

    def prepare(self) -> None:
        """Make the macros and the staging tables, empty."""
        self.store.run_sql("collect/tables")
        self.store.run_sql("collect/rules", **self.rules.bound())
        self.store.run_sql("collect/macros")
        self.store.run_sql("collect/staging")

    def unread(self, files: Sequence[SourceFile]) -> list[bool]:
        """Tell for each of a source's files whether it has to be read, and take note of it.

        Files whose content was read before in the same way need not be. Call it once, with all files.
        """
        log = FileLog(self.store, self.rules.ways() | {"sample": self.sample})
        must = log.unread(files)
        for row in log.noted:
            self.store.run_sql("collect/record_file", ingestion_id=self.ingestion_id, **row)
        self.unchanged.extend(log.unchanged)
        return must

    def note_asked(self, file: str) -> None:
        """Take note that an incremental source is asked for the span from `since` to `until` of `file`."""
        self.store.run_sql(
            "collect/record_file",
            ingestion_id=self.ingestion_id,
            table_name=EVENTS.name,
            file=file,
            fingerprint=f"{self.since} to {self.until}",
            content_hash=self.ingestion_id,
            reading="",
            is_read=self.since is None,
        )

    def read_file(self, sql: str, place: Place, **bound: Any) -> None:
        """Run the SQL file `sql` that reads the file at `place`.

        Raises DataError if the file cannot be read, UnreachableError if it is remote and the line breaks.
        """
        if is_remote(place.address):
            self.store.reach(file_system_of(place.address)[0])
        try:
            self.store.run_sql(sql, file=place.address, **bound)
        except door.DatabaseError as error:
            lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            if lines[0].startswith("Traceback"):  # of the driver, which DuckDB reads the file through
                raise cut_off(place.address, lines[-1]) from error
            reason = lines[0]
            if any(trouble in reason for trouble in NOT_THE_FILE):
                raise
            if "invalid state" in reason:
                reason = "its line ends are mixed, or a carriage return stands within a line"
            raise DataError(
                f"{place}: cannot be read ({reason})", "Mend the file, or export it again."
            ) from error
