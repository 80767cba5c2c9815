"""The feature dictionary: name, type, meaning and SQL of every column, read from the SQL itself.

In the last SELECT of a table's SQL file each column stands on a line of its own, its meaning behind it
as a comment. What a snapshot was made with is written into it as `dictionary.json`.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from recpipe.core.columns import SNAPSHOT_TABLES
from recpipe.core.errors import DataError, StageError
from recpipe.core.files import read_json, write_json
from recpipe.core.store import Store, read_sql
from recpipe.core.workspace import Workspace

FILE = "dictionary.json"
EXPLAINED = ("items", "new_items", "user_features", "item_features", "segments")

_LINE = re.compile(r"^\s+(?P<sql>[^\s-].*?),? -- (?P<meaning>.+)$", re.MULTILINE)
_NAME = re.compile(r"(\w+)$")


@dataclass(frozen=True)
class Feature:
    """One column of a snapshot's table."""

    table: str
    name: str
    type: str
    meaning: str
    sql: str


def explain(store: Store, table: str, path: Path) -> list[Feature]:
    """Return what each column of the Parquet file `path` means.

    Raises StageError naming a column that has no meaning, or that `core/columns.py` does not name.
    """
    said = {_name(line["sql"]): line for line in _LINE.finditer(read_sql(f"features/{table}"))}
    types = dict(
        store.query(
            "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet($path))", path=str(path)
        ).rows()
    )
    place = f"recpipe/features/sql/{table}.sql"
    for name in types:
        if name not in said:
            raise StageError(
                f"{place}: no dictionary names the column {name!r}",
                "Write its meaning behind it as a comment.",
            )
        if name not in SNAPSHOT_TABLES[table]:
            raise StageError(
                f"{place}: the column {name!r} is unknown", "Add its name to recpipe/core/columns.py."
            )
    missing = [name for name in SNAPSHOT_TABLES[table] if name not in types]
    if missing:
        raise StageError(
            f"{place}: the column {missing[0]!r} is missing",
            "Add it, or take its name out of recpipe/core/columns.py.",
        )
    return [
        Feature(table, name, kind, said[name]["meaning"], said[name]["sql"].removesuffix(f" AS {name}"))
        for name, kind in types.items()
    ]


def write_dictionary(folder: Path, features: list[Feature]) -> None:
    """Write `features` into a snapshot's folder."""
    write_json(folder / FILE, [asdict(feature) for feature in features])


def read_dictionary(workspace: Workspace, snapshot: str = "") -> list[Feature]:
    """Return the dictionary of a snapshot, the newest if `snapshot` is empty.

    Raises DataError if there is no snapshot, or if it was made before there were dictionaries.
    """
    name = workspace.snapshots.resolve(snapshot, "newest")
    path = workspace.snapshots.path(name) / FILE
    if not path.exists():
        raise DataError(
            f"snapshot {name} has no dictionary: it is older than they are", "Run `recpipe stage features`."
        )
    return [Feature(**entry) for entry in read_json(path)]


def _name(sql: str) -> str:
    found = _NAME.search(sql)
    return found[1] if found else sql
