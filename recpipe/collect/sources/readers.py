"""From one file to the staging tables, a statement for each format."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from recpipe.collect.layout import Layout
from recpipe.collect.params import CollectParams
from recpipe.collect.staging import Staging
from recpipe.collect.tables import EVENTS, ITEMS, USERS
from recpipe.core.errors import DataError

ABSENT = "recpipe: no such column"
"""The name that the SQL gives to a column of nulls."""

PRICE = "price"
"""Has a column of its own and stays an attribute, too: models learn from attributes."""


def read_as(staging: Staging, params: CollectParams) -> None:
    """Let the macros read times without a zone, and types of events, as `params` say."""
    staging.store.run_sql(
        "collect/reading",
        time_zone=params.time_zone,
        theirs=list(params.event_types),
        ours=list(params.event_types.values()),
    )


def as_ours(params: CollectParams) -> str:
    """Say in a line what `read_as` does beyond the usual."""
    zone = [params.time_zone] if params.time_zone != "UTC" else []
    return ", ".join([*zone, *(f"{theirs}={ours}" for theirs, ours in params.event_types.items())])


def read_events(staging: Staging, layout: Layout, columns: Mapping[str, str], time_format: str) -> None:
    """Append the events of one file to staged_events. `columns` are our names -> theirs.

    Raises DataError if the file cannot be read.
    """
    # by position in CSV, where two names may differ in case only
    names = list(layout.columns) if layout.format != "csv" else [f"c{i}" for i in range(len(layout.columns))]
    called = dict(zip(layout.columns, names, strict=True))
    theirs = {ours: called[columns[ours]] if ours in columns else ABSENT for ours in EVENTS.known}
    staging.read_file(
        f"collect/events_{layout.format}",
        layout.place,
        ingestion_id=staging.ingestion_id,
        time_format=time_format,
        sample=staging.sample,
        **_reading(layout, names),
        **({ours: pointer(name) for ours, name in theirs.items()} if layout.format == "ndjson" else theirs),
    )
    if layout.format != "parquet":
        _check_quotes(staging, layout)
        file = layout.place.address
        staging.store.run_sql("collect/refused_events", file=file, ingestion_id=staging.ingestion_id)


def read_documents(staging: Staging, layout: Layout, columns: Mapping[str, str], table: str) -> None:
    """Append the rows of one items or users file to staged_items or staged_users.

    Raises DataError if the file cannot be read.
    """
    staging.store.run_sql("collect/documents")
    staging.read_file(
        f"collect/documents_{layout.format}", layout.place, **_reading(layout, unique(layout.columns))
    )
    if layout.format != "parquet":
        _check_quotes(staging, layout)
        staging.store.run_sql("collect/refused_documents")
    put_documents(staging, layout.place.address, columns, table)


def put_documents(staging: Staging, file: str, columns: Mapping[str, str], table: str) -> None:
    """Append what is in the table `documents` to staged_items or staged_users, as rows of `file`."""
    known = ITEMS.known if table == ITEMS.name else USERS.known
    not_attributes = {columns.get(name, name): None for name in known if name != PRICE}
    staging.store.run_sql(
        f"collect/{table}",
        file=file,
        ingestion_id=staging.ingestion_id,
        not_attributes=json.dumps(not_attributes),
        **({"sample": staging.sample} if table == "users" else {}),
        **{name: pointer(columns.get(name, name)) for name in known},
    )


def _check_quotes(staging: Staging, layout: Layout) -> None:
    """Refuse a file in which a quote swallows lines: they would be lost within one bad row."""
    staging.store.run_sql("collect/refused_lines")
    swallowed = staging.store.run_sql("collect/swallowed_lines").rows()
    if swallowed:
        line, content = swallowed[0]
        raise DataError(
            f"{layout.place}, row {line}: a quote is opened and not closed on its line: {content[:60]!r}",
            "Close it, or double it where it is meant as a character; the rows after it would be lost.",
        )


def pointer(name: str) -> str:
    """Return the JSON pointer (RFC 6901) to the member called `name`.

    >>> pointer("a/b")
    '/a~1b'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")


def unique(names: Iterable[str]) -> list[str]:
    """Return `names` with a number behind those that came before, whatever their case.

    >>> unique(["id", "ID", ""])
    ['id', 'ID_2', 'column_3']
    """
    taken: set[str] = set()
    result = []
    for position, name in enumerate(names, start=1):
        free = name or f"column_{position}"
        while free.lower() in taken:
            free = f"{free}_{position}"
        taken.add(free.lower())
        result.append(free)
    return result


def _reading(layout: Layout, names: list[str]) -> dict[str, Any]:
    if layout.format == "parquet":
        return {}
    if layout.format == "ndjson":
        return {"encoding": layout.encoding}
    return {
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "columns": dict.fromkeys(names, "VARCHAR"),
    }
