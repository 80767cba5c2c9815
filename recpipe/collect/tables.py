"""The tables a user can bring, and how their columns are found by our names or theirs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from recpipe.core.columns import OFFER
from recpipe.core.errors import DataError, ParameterError


@dataclass(frozen=True)
class Table:
    """A table by its parameter's name, with the columns we know in it."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All column names that mean something to us."""
        return self.required + self.optional


EVENTS = Table(
    "events", ("user_id", "item_id", "timestamp"), ("event_type", "value", "event_order", "event_id")
)
ITEMS = Table("items", ("item_id",), ("title", "categories", *OFFER))
USERS = Table("users", ("user_id",))
TABLES = (EVENTS, ITEMS, USERS)


def check_columns(columns: Mapping[str, str]) -> None:
    """Check `collect.columns` by itself. Raises ParameterError for an unknown or a doubled name.

    A key is one of our names, or "table.name" where the tables call it differently.
    """
    plain = {name for table in TABLES for name in table.known}
    known = plain | {f"{table.name}.{name}" for table in TABLES for name in table.known}
    for name in columns:
        if name not in known:
            near = get_close_matches(name, known, 1)
            guess = f"Did you mean {near[0]}? " if near else ""
            raise ParameterError(
                f"collect.columns: there is no column {name!r} to map",
                f"{guess}Ours are: {', '.join(sorted(plain))}.",
            )
    for table in TABLES:
        mapped = {name: _names(table, name, columns)[0] for name in table.known}
        _refuse_doubles({name: theirs for name, theirs in mapped.items() if theirs != name})


def find_columns(
    table: Table, columns: Mapping[str, str], header: Iterable[str], where: str
) -> dict[str, str]:
    """Return our name -> theirs for each known column of `table` that stands in `header`.

    `where` names the file. Raises DataError for a required or mapped column that is not there,
    ParameterError when two of ours are one of theirs.
    """
    present = list(header)
    doubled = sorted(name for name in possible_names(table, columns) if present.count(name) > 1)
    if doubled:
        raise DataError(f"{where}: two columns are called {doubled[0]!r}", "Rename one of them.")
    found = {}
    for name in table.known:
        match = next((theirs for theirs in _names(table, name, columns) if theirs in present), "")
        if match:
            found[name] = match
    must = [name for name in table.known if name in table.required or _names(table, name, columns) != (name,)]
    missing = [name for name in must if name not in found]
    if not missing:
        _refuse_doubles(found)
        return found
    other = " Or declare how it is separated: --collect.delimiter ';'." if len(present) == 1 else ""
    raise DataError(
        f"{where}: no column {', '.join(_called(table, name, columns) for name in missing)}; "
        f"it has {', '.join(present) or 'none'}",
        f'Say which of its columns is meant: --collect.columns \'{{"{missing[0]}": "…"}}\'.{other}',
    )


def possible_names(table: Table, columns: Mapping[str, str]) -> set[str]:
    """Return every name under which a file may have a known column of `table`."""
    return {theirs for name in table.known for theirs in _names(table, name, columns)}


def _names(table: Table, name: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Return their names of our column, the likeliest first.

    A mapping without a table is meant for the events; items and users may use our name nevertheless.
    """
    qualified = columns.get(f"{table.name}.{name}")
    if qualified:
        return (qualified,)
    mapped = columns.get(name, name)
    return (mapped,) if table is EVENTS or name not in EVENTS.known else tuple(dict.fromkeys((mapped, name)))


def _called(table: Table, name: str, columns: Mapping[str, str]) -> str:
    wanted = _names(table, name, columns)[0]
    return repr(name) if wanted == name else f"{wanted!r} (for {name})"


def _refuse_doubles(ours_to_theirs: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for ours, theirs in ours_to_theirs.items():
        if theirs in taken:
            raise ParameterError(
                f"collect.columns: {taken[theirs]} and {ours} are both the column {theirs!r}",
                "Map each of ours to a column of its own.",
            )
        taken[theirs] = ours
