"""Addresses whose passwords stand in the environment: `postgresql://shop:${SHOP_PASSWORD}@db.example/shop`."""

import os
import re
from typing import TYPE_CHECKING

from recpipe.core.errors import ParameterError

if TYPE_CHECKING:
    from sqlalchemy import URL

VARIABLE = re.compile(r"\$\{(\w+)\}")

_PASSWORD = r"://[^:@/\s]*:(?!\$\{\w+\}@|\d+(?:[/,?]|$))[^@]+@"
"""A password that stands in an address itself; digits up to a slash are a port."""

PASSWORD_FREE = f"^(?![\\s\\S]*{_PASSWORD})"
"""What an address must look like, as the pattern of a JSON schema."""

DRIVERS = {
    "postgresql": ("psycopg", "postgres"),
    "mysql": ("pymysql", "mysql"),
    "mariadb": ("pymysql", "mysql"),
}
"""Kind of database -> the driver taken where the address names none, and the extra that brings it."""


def without_passwords(text: str) -> str:
    """Return `text` with three stars in the place of each password of an address.

    >>> without_passwords("postgresql://shop:secret@db/shop and https://db:8080/a")
    'postgresql://shop:***@db/shop and https://db:8080/a'
    """
    return re.sub(_PASSWORD, lambda found: f"{found[0][: found[0].index(':', 3) + 1]}***@", text)


def refuse_password(address: str, instead: str) -> str:
    """Return `address`, or raise ValueError if a password stands in it: parameters are kept, and shown.

    `instead` says what to do with it.
    """
    if re.search(_PASSWORD, address):
        raise ValueError(f"a password stands in the address, and would be kept with each run; {instead}")
    return address


def filled(part: str | None, asked_by: str) -> str | None:
    """Put variables of the environment into a part of the address that the option `asked_by` gives.

    Raises ParameterError naming a variable that is not set.
    """

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ParameterError(f"{asked_by}: the variable {match[1]} is not set", f"export {match[1]}=…")
        return os.environ[match[1]]

    return VARIABLE.sub(value_of, part) if part else None


def database_url(address: str, asked_by: str) -> "URL":
    """Return the address of a database with its driver, and the variables of the environment filled in.

    Raises ParameterError naming the option `asked_by` where it is no address, or a variable is not set.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ParameterError(
            f"{asked_by}: not the address of a database", "Use postgresql://…, mysql://… or sqlite:///PATH."
        ) from None
    driver = DRIVERS.get(url.drivername, ("", ""))[0]
    return url.set(
        drivername=f"{url.drivername}+{driver}" if driver else url.drivername,
        username=filled(url.username, asked_by),
        password=filled(url.password, asked_by),
        host=filled(url.host, asked_by),
        database=filled(url.database, asked_by),
    )
