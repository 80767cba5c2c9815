"""The data sets that quality is measured on, as options of `recpipe run`."""

import json
from pathlib import Path

from recpipe.core.errors import ParameterError

DATASETS = ("complete-journey", "ml-100k", "ml-1m")
FILES = ("events", "items", "users")

COLUMNS = {"ml-1m": {"event_order": "user_order"}}
"""Our name of a column -> its name in the files."""


def collect_options(data: str, folder: str) -> list[str]:
    """Return the options that make `data` the source.

    folder: for MovieLens, where its events.parquet, items.parquet and users.parquet lie; the package cannot
    bring them (GroupLens terms). Raises ParameterError naming a file that is not there.
    """
    if data == "complete-journey":
        return ["--source", data]
    absent = [name for name in FILES if not (Path(folder) / f"{name}.parquet").is_file()]
    if not folder or absent:
        raise ParameterError(
            f"{data}: no {absent[0] if folder else 'events'}.parquet in {folder or 'no folder at all'}",
            "Give --folder with events.parquet (user_id, item_id, event_type, value, timestamp"
            f"{''.join(', ' + name for name in COLUMNS.get(data, {}).values())}), items.parquet (item_id, "
            "title, categories) and users.parquet (user_id, attributes).",
        )
    files = [part for name in FILES for part in (f"--{name}", str(Path(folder) / f"{name}.parquet"))]
    columns = ["--collect.columns", json.dumps(COLUMNS[data])] if data in COLUMNS else []
    return ["--source", "files", *files, *columns]
