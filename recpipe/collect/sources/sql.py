"""A database: queries of events, and optionally of items and users, by an SQLAlchemy address."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from recpipe.collect.databases import Database, columns_of, names_in, row_batches
from recpipe.collect.params import CollectParams
from recpipe.collect.rows import put_events
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.sources.readers import as_ours, put_documents, read_as
from recpipe.collect.staging import Staging
from recpipe.collect.tables import EVENTS, TABLES, Table, check_columns, find_columns
from recpipe.collect.times import check_format, detect_format
from recpipe.collect.values import as_json, as_text
from recpipe.core.errors import ParameterError
from recpipe.core.files import content_id
from recpipe.core.progress import track

if TYPE_CHECKING:
    from sqlalchemy import Connection

BOUNDS = {"since", "until"}
BEGINNING = datetime(1900, 1, 1)
"""What `:since` is when nothing was read before."""


class Query(NamedTuple):
    """One query: the table it gives, our columns -> theirs in it, and under what name it is told."""

    table: Table
    text: str
    header: list[str]
    columns: dict[str, str]
    file: str


class Sql:
    """Rows of any database with a driver: Postgres, MySQL, SQLite and what else SQLAlchemy knows.

    The query of events has `:since` and `:until`, times without a zone in `collect.time_zone`: the first
    run reads from the beginning, the next ones from the newest event of the last, `late_days` before
    that. Those of items and users may have them. Rows are fetched in batches and all is one transaction,
    so that a database which goes away in mid-read leaves nothing, and the next run begins where this did.
    Row numbers count the rows of one reading.
    """

    incremental = True

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params

    def preflight(self) -> list[FileReport]:
        """See `Source`. Asks for the columns of each query, and for no row."""
        with self._database().connect() as connection:
            return [self._report(query) for query in self._queries(connection)]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`. Never twice the same: only a reading can tell whether there is something new."""
        return [[self._origin(), datetime.now(UTC).isoformat()]]

    def _origin(self) -> str:
        """Name the events of this database; a query, mapping or sample that is another has another name."""
        ways = {"events_query", "columns", "event_types", "timestamp_format", "time_zone", "sample"}
        decided = content_id(self._params.model_dump(mode="json", include=ways))
        return f"{self._database().shown} events_query {decided}"

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`."""
        earliest = max(moment or BEGINNING for moment in (staging.since, staging.rules.oldest()))
        bound = self._bound(earliest, staging.until)
        read_as(staging, self._params)
        with self._database().connect() as connection:
            queries = list(self._queries(connection))
            advance = track("reading", len(queries), "queries")
            for query in queries:
                rows = row_batches(connection, query.text, _used(query.text, bound))
                if query.table is EVENTS:
                    staging.note_asked(query.file)
                    self._stage_events(staging, query, rows)
                else:
                    _stage_documents(staging, query, rows)
                advance(1)
        return [self._report(query) for query in queries]

    def _database(self) -> Database:
        return Database(self._params.database, self._params.time_zone)

    def _bound(self, since: datetime, until: datetime) -> dict[str, datetime]:
        """Return the bounds (UTC) as times of the declared zone."""
        moved = {"since": since, "until": until}
        zone = ZoneInfo(self._params.time_zone)
        return {
            name: moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
            for name, moment in moved.items()
        }

    def _queries(self, connection: "Connection") -> Iterator[Query]:
        params = self._params
        check_columns(params.columns)
        check_format(params.timestamp_format)
        now = datetime.now(UTC).replace(tzinfo=None)
        for table in TABLES:
            text, option = getattr(params, f"{table.name}_query"), f"collect.{table.name}_query"
            _check_names(table, text, option)
            if text:
                header = columns_of(connection, text, _used(text, self._bound(now, now)))
                columns = find_columns(table, params.columns, header, option)
                file = self._origin() if table is EVENTS else f"{self._database().shown} {table.name}_query"
                yield Query(table, text, header, columns, file)

    def _report(self, query: Query) -> FileReport:
        return {
            "table": query.table.name,
            "file": query.file,
            "format": "sql",
            "columns": ", ".join(
                ours if ours == name else f"{ours}={name}" for ours, name in query.columns.items()
            ),
            "as": as_ours(self._params) if query.table is EVENTS else "",
        }

    def _stage_events(self, staging: Staging, query: Query, batches: Iterator[Any]) -> None:
        ours = {theirs: name for name, theirs in query.columns.items()}
        names = [ours.get(theirs, "") for theirs in query.header]
        moment = names.index("timestamp")
        time_format, first_row = "", 1
        for rows in batches:
            sample = [as_text(row[moment]) for row in rows[:1000]]
            time_format = time_format or detect_format(self._params.timestamp_format, sample, query.file)
            put_events(staging, query.file, rows, names, time_format, first_row)
            first_row += len(rows)


def _stage_documents(staging: Staging, query: Query, batches: Iterator[Any]) -> None:
    import pyarrow as pa

    staging.store.run_sql("collect/documents")
    told = 0
    for rows in batches:
        documents = [as_json(dict(zip(query.header, row, strict=True))) for row in rows]
        numbers = pa.array(range(told + 1, told + 1 + len(rows)), pa.int64())
        staging.store.insert_arrow(
            "documents", pa.table({"row_number": numbers, "document": pa.array(documents, pa.string())})
        )
        told += len(rows)
    put_documents(staging, query.file, query.columns, query.table.name)


def _check_names(table: Table, query: str, option: str) -> None:
    """Raise ParameterError unless the query binds what it must, and no other name."""
    names = names_in(query)
    missing = BOUNDS - names if table is EVENTS else set()
    if not query and missing:
        raise ParameterError("source sql: no events are named", f"Add --{option} 'SELECT … WHERE …'.")
    if missing:
        raise ParameterError(
            f"{option}: does not use :{', :'.join(sorted(missing))}",
            "Let it give the rows of a time: WHERE bought_at >= :since AND bought_at < :until.",
        )
    if names - BOUNDS:
        raise ParameterError(
            f"{option}: nobody gives a value to :{', :'.join(sorted(names - BOUNDS))}",
            r"Only :since and :until are bound; write \: for a colon.",
        )


def _used(query: str, bound: Mapping[str, datetime]) -> dict[str, datetime]:
    names = names_in(query)
    return {name: moment for name, moment in bound.items() if name in names}
