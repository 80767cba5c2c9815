"""The quarantine: what could not be used, by reason, and its release."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from recpipe.core.errors import DataError
from recpipe.core.store import Store, connect
from recpipe.core.workspace import Workspace

EXAMPLES = 3
"""So many rows of each reason are shown."""


@dataclass(frozen=True)
class Refused:
    """Rows of one table that were refused for one reason; `examples` have file, row and what is bad."""

    table_name: str
    reason: str
    refused_rows: int
    files: int
    examples: tuple[Mapping[str, Any], ...]


@contextmanager
def _collected(workspace: Workspace) -> Iterator[Store]:
    """Open the database of a workspace that something was collected in."""
    if not workspace.database.exists():
        raise DataError(f"{workspace.root}: nothing is collected yet", "Run `recpipe stage collect`.")
    with connect(workspace.database) as store:
        store.run_sql("collect/tables")
        yield store


def quarantine(workspace: Workspace, reason: str = "", examples: int = EXAMPLES) -> list[Refused]:
    """Return what is in the quarantine, the most frequent reason first; only `reason` if it is given.

    Raises DataError if nothing was collected yet, or no row was refused for `reason`.
    """
    with _collected(workspace) as store:
        found = store.run_sql("collect/quarantine_reasons", reason=reason, examples=examples).records()
        known = [row[0] for row in store.query("SELECT DISTINCT reason FROM quarantine ORDER BY 1").rows()]
    if reason and not found:
        raise DataError(
            f"{workspace.root}: no row is in quarantine for {reason!r}",
            f"There are: {', '.join(known) or 'none at all'}.",
        )
    return [Refused(**row | {"examples": tuple(row["examples"])}) for row in found]


def release(workspace: Workspace, reason: str = "") -> tuple[int, int]:
    """Let the files of quarantined rows (of `reason`; empty: all) be read again by the next collect.

    For after a fix: of the file, or of the parameters that refused its rows. Rows that are usable then
    are merged and leave the quarantine. Returns the number of files and of their quarantined rows.
    Raises DataError as `quarantine` does.
    """
    quarantine(workspace, reason)
    with _collected(workspace) as store, store.transaction():
        files, rows = store.run_sql("collect/release", reason=reason).one()
    return files, rows
