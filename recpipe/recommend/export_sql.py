"""Write lists into a table of a database that SQLAlchemy knows, in one transaction."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from recpipe.core import columns as c
from recpipe.core.addresses import DRIVERS, database_url
from recpipe.core.errors import DataError, ParameterError, RecpipeError, UnreachableError
from recpipe.recommend.publication import Publication

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table

ROWS_AT_ONCE = 10_000
_NAME = re.compile(r"(?:(\w+)\.)?(\w+)")


def write_table(address: str, name: str, publication: Publication) -> None:
    """Replace the table `name` (or `schema.name`) by every recommendation of `publication`.

    A new table is filled and takes the old one's name, all in one transaction: who reads sees the old rows
    or the new ones. (MySQL commits at each change of a table: the two renamings are apart there.) Raises
    ParameterError for an address or a name that is none, DataError if the database refuses, UnreachableError
    if it does not answer; the old table then stays as it was.
    """
    named = _NAME.fullmatch(name)
    if named is None:
        raise ParameterError(f"--name {name!r}: not the name of a table", "Use letters, digits and _.")
    url = database_url(address, "export")
    with _connected(url) as connection:
        table = _made(connection, named[1], named[2])
        for batch in publication.batches():
            for start in range(0, batch.num_rows, ROWS_AT_ONCE):
                connection.execute(table.insert(), batch.slice(start, ROWS_AT_ONCE).to_pylist())
        _take_the_place(connection, table, named[2])


def _made(connection: "Connection", schema: str | None, name: str) -> "Table":
    """Make the table that is filled; no two exports share its name, nor that of its key."""
    from sqlalchemy import (
        Column,
        DateTime,
        Float,
        Integer,
        MetaData,
        PrimaryKeyConstraint,
        String,
        Table,
        Text,
    )

    # MySQL makes no key of a text without bound
    text = Text().with_variant(String(191), "mysql", "mariadb")
    kinds: dict[str, Any] = {
        c.RANK: Integer(),
        c.SCORE: Float(),
        c.PROPENSITY: Float(),
        c.GENERATED_AT: DateTime(timezone=True),
    }
    from recpipe.recommend.schema import SCHEMA

    unfinished = f"{name}_{uuid4().hex[:8]}"
    table = Table(
        unfinished,
        MetaData(schema=schema),
        *(Column(column, kinds.get(column, text)) for column in SCHEMA.names),
        PrimaryKeyConstraint(c.USER_ID, c.RANK, name=f"{unfinished}_key"),
    )
    table.create(connection)
    return table


def _take_the_place(connection: "Connection", table: "Table", name: str) -> None:
    from sqlalchemy import MetaData, Table, inspect, text

    quote = connection.dialect.identifier_preparer
    is_there = inspect(connection).has_table(name, schema=table.schema)
    renamed = "ALTER TABLE {} RENAME TO {}"
    mysql_wants = f"{quote.quote_schema(table.schema)}." if table.schema and _is_mysql(connection) else ""
    old = Table(name, MetaData(), schema=table.schema)
    gone = Table(f"{table.name}_old", MetaData(), schema=table.schema)
    if is_there:
        target = mysql_wants + quote.quote(gone.name)
        connection.execute(text(renamed.format(quote.format_table(old), target)))
    connection.execute(text(renamed.format(quote.format_table(table), mysql_wants + quote.quote(name))))
    if is_there:
        gone.drop(connection)


def _is_mysql(connection: "Connection") -> bool:
    return connection.dialect.name in {"mysql", "mariadb"}


@contextmanager
def _connected(url: "URL") -> Iterator["Connection"]:
    """Open one transaction; whatever goes wrong in it rolls it back."""
    from sqlalchemy.exc import SQLAlchemyError

    engine = _engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise _named(url, error) from error
    finally:
        engine.dispose()


def _engine(url: "URL") -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(url, poolclass=NullPool)
    except ModuleNotFoundError as error:
        extra = DRIVERS.get(url.get_backend_name(), ("", ""))[1]
        raise ParameterError(
            f"export {_shown(url)}: the driver {error.name} is not installed",
            f"pip install 'recpipe[{extra}]'" if extra else "Install it beside recpipe.",
        ) from None
    except ArgumentError as error:
        raise ParameterError(f"export {_shown(url)}: {error}", _ADDRESSES) from None
    if url.get_backend_name() == "sqlite":
        # Python's driver begins a transaction at the first INSERT only, too late for the new table
        @event.listens_for(engine, "begin")
        def _begin(connection: "Connection") -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _named(url: "URL", error: Exception) -> RecpipeError:
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

    cause = getattr(error, "orig", None) or error
    reason = next((line for line in str(cause).splitlines() if line.strip()), type(cause).__name__)
    is_far = url.get_backend_name() != "sqlite" or "locked" in reason
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    if gone or (is_far and isinstance(error, OperationalError | InterfaceError)):
        return UnreachableError(
            f"{_shown(url)}: does not answer ({reason})", "Try again; the old table is as it was."
        )
    return DataError(f"{_shown(url)}: {reason}", "The old table is as it was; mend the database, then again.")


def _shown(url: "URL") -> str:
    return url.render_as_string(hide_password=True)


_ADDRESSES = "Use postgresql://…, mysql://… or sqlite:///PATH."
