"""From values in Python to the staging tables, for sources that are no files."""

from collections.abc import Sequence
from typing import Any

from recpipe.collect.staging import Staging
from recpipe.collect.tables import EVENTS
from recpipe.collect.values import as_text


def put_events(
    staging: Staging,
    file: str,
    rows: Sequence[Sequence[Any]],
    names: Sequence[str],
    time_format: str = "iso",
    first_row: int = 1,
) -> None:
    """Append rows of events; unusable ones go to the quarantine as rows of `file`, from `first_row` on.

    `names` are our names of the rows' columns, "" for one that is none of ours; user_id, item_id and
    timestamp must be there. `time_format` is that of times which are no datetime (see `times.FORMATS`).
    """
    import pyarrow as pa

    columns = {"row_number": pa.array(range(first_row, first_row + len(rows)), pa.int64())}
    for name in EVENTS.known:
        place = names.index(name) if name in names else None
        texts = [as_text(row[place]) if place is not None else None for row in rows]
        columns[name] = pa.array(texts, pa.string())
    staging.store.run_sql("collect/fetched")
    staging.store.insert_arrow("fetched", pa.table(columns))
    staging.store.run_sql(
        "collect/events_fetched",
        ingestion_id=staging.ingestion_id,
        file=file,
        time_format=time_format,
        sample=staging.sample,
    )
