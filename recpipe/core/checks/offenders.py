"""The rows that an expectation refuses, asked for by SQL once it has failed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recpipe.core.store import connect

MOST_ROWS = 10
MOST_CHARACTERS = 80
"""So much of each value is shown."""


def offending_rows(
    config: Mapping[str, Any], query: str, database: Path | None
) -> tuple[Mapping[str, str], ...]:
    """Return the first rows of `query` that the expectation of `config` refuses, values shortened.

    There are none where it is about the table as a whole.
    """
    sql = _refused(config["type"], config["kwargs"], f"({query})")
    if not sql:
        return ()
    with connect(database, read_only=database is not None) as store:
        records = store.query(f"FROM ({sql}) LIMIT {MOST_ROWS}").records()
    return tuple({name: str(value)[:MOST_CHARACTERS] for name, value in record.items()} for record in records)


def _refused(kind: str, kwargs: Mapping[str, Any], batch: str) -> str:
    if kind == "unexpected_rows_expectation":
        return str(kwargs["unexpected_rows_query"]).format(batch=f"{batch} AS batch")
    column = '"' + str(kwargs.get("column", "")).replace('"', '""') + '"'
    if kind == "expect_column_values_to_not_be_null":
        return f"FROM {batch} WHERE {column} IS NULL"
    if kind == "expect_column_values_to_be_between":
        least, most = kwargs.get("min_value"), kwargs.get("max_value")
        bounds = [f"{column} < {least}"] * (least is not None) + [f"{column} > {most}"] * (most is not None)
        return f"FROM {batch} WHERE {' OR '.join(bounds)}"
    return ""
