"""Addresses whose passwords stand in the environment: `postgresql://shop:${SHOP_PASSWORD}@db.example/shop`."""

import os
import re

from recpipe.core.errors import ParameterError

VARIABLE = re.compile(r"\$\{(\w+)\}")

DRIVERS = {
    "postgresql": ("psycopg", "postgres"),
    "mysql": ("pymysql", "mysql"),
    "mariadb": ("pymysql", "mysql"),
}
"""Kind of database -> the driver taken where the address names none, and the extra that brings it."""


def filled(part: str | None, asked_by: str) -> str | None:
    """Put variables of the environment into a part of the address that the option `asked_by` gives.

    Raises ParameterError naming a variable that is not set.
    """

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ParameterError(f"{asked_by}: the variable {match[1]} is not set", f"export {match[1]}=…")
        return os.environ[match[1]]

    return VARIABLE.sub(value_of, part) if part else None
