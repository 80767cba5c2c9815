"""Publish lists that were changed after they were made: what a stage of one's own after `recommend` calls."""

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend.publication import Publication
from recpipe.recommend.schema import CURRENT, SCHEMA

if TYPE_CHECKING:
    import pandas as pd


def publish_changed(workspace: Workspace, publication: str, rows: "pd.DataFrame") -> str:
    """Publish `publication` with other `rows`, and return the name of what readers see from now on.

    `rows` has the columns of a publication; only order and choice within a user's list may change. Raises
    DataError if ranks are not 1, 2, 3 and so on, an item stands twice in a list, or a user or item is new.
    """
    before = Publication.open(workspace, publication)
    rows = rows.sort_values([c.USER_ID, c.RANK])
    _refuse_broken(rows, before)
    draft = workspace.publications.draft(before.name)
    try:
        table = pa.Table.from_pandas(rows[SCHEMA.names], SCHEMA, preserve_index=False)
        pq.write_table(table, draft.folder / "part-00000.parquet", compression="zstd")
        draft.name = f"{before.name.partition('-')[0]}-{draft.content_id(before.name)}"
        manifest = before.manifest | {
            "inputs": before.manifest["inputs"] | {"changed_from": before.name},
            "rows": {"recommendations": len(rows)},
        }
        name = draft.seal(manifest)
    except BaseException:
        draft.discard()
        raise
    workspace.publications.point(CURRENT, name)
    return name


def _refuse_broken(rows: "pd.DataFrame", before: Publication) -> None:
    known = {
        (row[c.USER_ID], row[c.ITEM_ID])
        for batch in before.batches([c.USER_ID, c.ITEM_ID])
        for row in batch.to_pylist()
    }
    pairs = list(zip(rows[c.USER_ID], rows[c.ITEM_ID], strict=True))
    expected = rows.groupby(c.USER_ID).cumcount() + 1
    problems = {
        "ranks are not 1, 2, 3 and so on in each list": bool((rows[c.RANK] != expected).any()),
        "an item stands twice in a list": len(set(pairs)) < len(pairs),
        "a list holds what it did not before": not known.issuperset(pairs),
    }
    found = [problem for problem, is_there in problems.items() if is_there]
    if found:
        raise DataError(
            f"publication {before.name} cannot be changed so: {'; '.join(found)}",
            "Change order and choice within the lists only, and count the ranks anew.",
        )
