"""The only user of DuckDB: short-lived connections, SQL from files, bound parameters.

DuckDB has one writer process and locks out every other; so connections open late, close early, and
wait for a lock with a bound.
"""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from recpipe.core.disk import disk_full
from recpipe.core.errors import BusyError, DataError
from recpipe.core.files import temporary

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from fsspec import AbstractFileSystem

PACKAGE = Path(__file__).parents[1]
MEMORY_LIMIT = "2GB"
"""What DuckDB holds in memory before it spills into a temporary folder beside the database."""

DatabaseError = duckdb.Error
"""What DuckDB raises: for callers who say which file or row it was about."""

_POLL_SECONDS = 0.25
_HOLDER = re.compile(r"\(PID (\d+)\)")


class Result:
    """The rows of one statement, read once in the form that is wanted."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def rows(self) -> list[tuple[Any, ...]]:
        """Return all rows as tuples."""
        return self._cursor.fetchall()

    def one(self) -> tuple[Any, ...]:
        """Return the first row. Raises DataError if there is none."""
        row = self._cursor.fetchone()
        if row is None:
            raise DataError("the query gave no row")
        return row

    def value(self) -> Any:
        """Return the first column of the first row."""
        return self.one()[0]

    def records(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries by column name."""
        names = [column[0] for column in self._cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self.rows()]

    def frame(self) -> "pd.DataFrame":
        """Return all rows as a pandas table."""
        return self._cursor.df()


class Store:
    """An open connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run_sql(self, name: str, **bound: Any) -> Result:
        """Run `recpipe/<wing>/sql/<file>.sql`, where `name` is "<wing>/<file>".

        A file may hold several statements; each gets the bound parameters it uses (`$name`), and
        the rows of the last are returned. Raises ValueError for a parameter that none uses.
        """
        return self._run(read_sql(name), bound)

    def query(self, sql: str, **bound: Any) -> Result:
        """Run a one-line statement written in the code, values bound as `$name`."""
        return self._run(sql, bound)

    def stream(self, sql: str, **bound: Any) -> "pa.RecordBatchReader":
        """Run one SELECT and stream its rows in Arrow batches; use it up before the next statement."""
        return self._connection.sql(sql, params=bound or None).to_arrow_reader(65_536)

    def insert_arrow(self, table: str, batch: "pa.Table | pa.RecordBatchReader") -> None:
        """Append Arrow rows to `table`, columns matched by name."""
        self._connection.register("arrow_batch", batch)
        try:
            self._connection.execute(f"INSERT INTO {_quoted(table)} BY NAME FROM arrow_batch")
        finally:
            self._connection.unregister("arrow_batch")

    def reach(self, file_system: "AbstractFileSystem") -> None:
        """Let statements read `scheme://…` through fsspec's `file_system`, as long as this is open."""
        schemes = file_system.protocol
        first = schemes if isinstance(schemes, str) else schemes[0]
        if first not in self._connection.list_filesystems():
            self._connection.register_filesystem(file_system)

    def tables(self) -> list[str]:
        """Return the names of the tables in the database."""
        return [row[0] for row in self.query("SELECT table_name FROM duckdb_tables() ORDER BY ALL").rows()]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block did, or nothing of it."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _run(self, sql: str, bound: dict[str, Any]) -> Result:
        statements = self._connection.extract_statements(sql)
        unused = set(bound).difference(*(statement.named_parameters for statement in statements))
        if unused:
            raise ValueError(f"no statement uses the parameter {', '.join(sorted(unused))}")
        for statement in statements:
            used = {name: bound[name] for name in statement.named_parameters if name in bound}
            self._connection.execute(statement, used)
        return Result(self._connection)


@contextmanager
def connect(database: Path | None, *, read_only: bool = False, wait_seconds: float = 20.0) -> Iterator[Store]:
    """Open `database` (None: in memory) and close it at the end of the block.

    While another process holds it, the opening is tried again for `wait_seconds`; then BusyError
    names the database and, where it is known, the process. Raises DataError if it is no database.
    """
    connection = _open(database, read_only, wait_seconds)
    spill = temporary(database.parent, "spill") if database else None
    try:
        connection.execute("SET memory_limit = $limit", {"limit": MEMORY_LIMIT})
        connection.execute("SET TimeZone = 'UTC'")
        if spill is not None:
            connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
        with _disk_errors_named(database):
            yield Store(connection)
    finally:
        connection.close()
        if spill is not None:
            shutil.rmtree(spill, ignore_errors=True)  # made only if DuckDB spilled


def rewrite(database: Path) -> None:
    """Write `database` anew, so that nothing of deleted rows is left in the file.

    Readers see the old file or the new one. Raises BusyError as `connect` does.
    """
    with connect(database):  # nobody else is at work, and what stands in the log is in the file
        pass
    unfinished = temporary(database.parent, database.name)
    try:
        with _disk_errors_named(database), connect(None) as store:
            store.query(f"ATTACH {_literal(database)} AS old (READ_ONLY)")
            store.query(f"ATTACH {_literal(unfinished)} AS new")
            store.query("COPY FROM DATABASE old TO new")
            store.query("DETACH new")
        unfinished.replace(database)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def temporary_database(folder: Path) -> Iterator[Path]:
    """Lend the path of a database that is gone at the end of the block; it lies below `folder`."""
    inside = temporary(folder, "database")
    inside.mkdir()
    try:
        yield inside / "temporary.duckdb"
    finally:
        shutil.rmtree(inside)


def _open(database: Path | None, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return duckdb.connect(str(database or ":memory:"), read_only=read_only)
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise disk_full(error, Path(str(database))) or DataError(
                    f"{database}: cannot be opened as a database ({_first_line(error)})"
                ) from None
            if time.monotonic() > deadline:
                holder = _HOLDER.search(str(error))
                raise BusyError(
                    f"{database}: locked by another process{f' ({holder[1]})' if holder else ''}",
                    "Close what uses the database (a notebook, a DuckDB shell), then run again.",
                ) from None
            time.sleep(_POLL_SECONDS)


@contextmanager
def _disk_errors_named(database: Path | None) -> Iterator[None]:
    """Name the reason when the disk is full; everything else passes."""
    try:
        yield
    except duckdb.Error as error:  # a commit fails with another class than a write
        named = disk_full(error, database) if database else None
        if named:
            raise named from error
        raise


@cache
def read_sql(name: str) -> str:
    """Return the text of the SQL file called "<wing>/<file>"."""
    wing, _, file = name.partition("/")
    return (PACKAGE / wing / "sql" / f"{file}.sql").read_text(encoding="utf-8")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
