"""A database by its SQLAlchemy address: opened for reading, its rows in batches, its errors in our words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recpipe.core.addresses import DRIVERS, database_url
from recpipe.core.errors import DataError, ParameterError, RecpipeError, UnreachableError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

BATCH_ROWS = 50_000
"""So many rows are held in memory at once."""

_ZONE_OF_SESSION = {
    "postgresql": "SELECT set_config('TimeZone', :zone, false)",
    "mysql": "SET time_zone = :zone",
    "mariadb": "SET time_zone = :zone",
}


class Database:
    """A database, by an address such as `postgresql://shop:${SHOP_PASSWORD}@db.example/shop`.

    `${NAME}` in it is taken from the environment, so that a password need not stand in parameters and
    notebooks. Nothing is ever written: each reading is a transaction that is rolled back.
    """

    def __init__(self, address: str, time_zone: str) -> None:
        """Take the address apart. Raises ParameterError if it is none or its driver is not installed.

        `time_zone` is that of the session: the zone of times that tell none.
        """
        self._url = _url(address)
        self._time_zone = time_zone
        self.shown = self._url.render_as_string(hide_password=True)
        """The address without its password."""

    @contextmanager
    def connect(self) -> Iterator["Connection"]:
        """Open the database for the block. Raises DataError or UnreachableError, also out of the block."""
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        self._require_file()
        engine = self._engine()
        zone = _ZONE_OF_SESSION.get(engine.dialect.name)
        try:
            with engine.connect().execution_options(stream_results=True, max_row_buffer=BATCH_ROWS) as opened:
                if zone:
                    utc = "+00:00" if "SET" in zone else "UTC"
                    opened.execute(text(zone), {"zone": utc if self._time_zone == "UTC" else self._time_zone})
                yield opened
        except SQLAlchemyError as error:
            raise self._named(error) from error
        finally:
            engine.dispose()

    def _engine(self) -> "Engine":
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError
        from sqlalchemy.pool import NullPool

        try:
            return create_engine(self._url, poolclass=NullPool)
        except ModuleNotFoundError as error:
            extra = DRIVERS.get(self._url.get_backend_name(), ("", ""))[1]
            raise ParameterError(
                f"collect.database {self.shown}: the driver {error.name} is not installed",
                f"pip install 'recpipe[{extra}]'" if extra else "Install it beside recpipe.",
            ) from None
        except ArgumentError as error:
            raise ParameterError(
                f"collect.database {self.shown}: {error}", "Use postgresql://…, mysql://… or sqlite:///PATH."
            ) from None

    def _require_file(self) -> None:
        """SQLite would make a database where there is none."""
        if self._url.get_backend_name() == "sqlite" and not Path(self._url.database or "").is_file():
            raise DataError(
                f"{self.shown}: no such database", "Correct --collect.database, e.g. sqlite:////shop/shop.db."
            )

    def _named(self, error: Exception) -> RecpipeError:
        from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

        cause = getattr(error, "orig", None) or error
        reason = next((line for line in str(cause).splitlines() if line.strip()), type(cause).__name__)
        is_far = self._url.get_backend_name() != "sqlite" or "locked" in reason
        gone = isinstance(error, DBAPIError) and error.connection_invalidated
        if gone or (is_far and isinstance(error, OperationalError | InterfaceError)):
            return UnreachableError(
                f"{self.shown}: does not answer ({reason})", "Try again; nothing of it was taken in."
            )
        return DataError(f"{self.shown}: {reason}", "Correct the query, or what it reads.")


def names_in(query: str) -> set[str]:
    """Return the bound names of a query.

    >>> sorted(names_in("SELECT '12:30', a::text FROM t WHERE t > :since AND t <= :until"))
    ['since', 'until']
    """
    from sqlalchemy import text

    return set(text(query).compile().params)


def columns_of(connection: "Connection", query: str, bound: Mapping[str, Any]) -> list[str]:
    """Return the names of a query's columns; none of its rows is fetched.

    Raises DataError if it is no query.
    """
    from sqlalchemy import text

    with connection.execute(text(query), bound) as result:
        if not result.returns_rows:
            raise DataError(f"{query[:60]!r} gives no rows", "Use a SELECT.")
        return list(result.keys())


def row_batches(
    connection: "Connection", query: str, bound: Mapping[str, Any]
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows of a query, `BATCH_ROWS` at a time."""
    from sqlalchemy import text

    with connection.execute(text(query), bound) as result:
        yield from result.partitions(BATCH_ROWS)


def _url(address: str) -> "URL":

    if not address:
        raise ParameterError(
            "source sql: no database is named",
            "Add --collect.database 'postgresql://USER:${SHOP_PASSWORD}@HOST/NAME' (or mysql://, sqlite:///PATH).",
        )
    return database_url(address, "collect.database")
