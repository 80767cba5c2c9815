"""Make the lists of all users, chunk by chunk, into a draft that nobody reads yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.files import content_id, file_hash
from recpipe.core.nearest import need_faiss
from recpipe.core.progress import track
from recpipe.core.refits import served
from recpipe.core.shelf import Draft
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.recommend.arms import Arm, Made, make
from recpipe.recommend.filters import Filters
from recpipe.recommend.params import RETENTION, RecommendParams
from recpipe.recommend.schema import SCHEMA, SCHEMA_VERSION
from recpipe.recommend.search_recall import search_recall
from recpipe.recommend.variants import Variant, variants

if TYPE_CHECKING:
    import pandas as pd

CHUNK_USERS = 20_480
"""Users ranked at a time and written to one part; bounds the memory, whatever the number of users."""


@dataclass(frozen=True)
class Counts:
    """What the lists hold."""

    users: int
    """Users of the snapshot."""
    rows: int
    """Recommendations in all."""
    personal: int
    """Users served by the model; the others get the popular list."""
    short: int
    """Users with fewer than k items left to recommend, those without a list included."""
    short_by: dict[str, int]
    """Those users by what left so few, see `short_reasons`."""
    items: int
    """Different items recommended."""


@dataclass(frozen=True)
class Lists:
    """Lists that are made but not yet published: `draft` holds the parts.

    `model` is what the champion serves with; `variants` names what made the lists, by variant.
    """

    draft: Draft
    snapshot: Snapshot
    model: str
    variants: dict[str, str]
    params: RecommendParams
    filters: Filters
    counts: Counts
    search_recall: float | None = None
    """Of the exact best, the share that an approximate search found; None where it was exact."""

    def figures(self) -> dict[str, Any]:
        """Return the counts and what the filters refused, ready for JSON."""
        found = {} if self.search_recall is None else {"search_recall": self.search_recall}
        return asdict(self.counts) | {"filters": self.filters.figures()} | found

    def table(self) -> "pd.DataFrame":
        """Return the counts as a table, for notebooks."""
        import pandas as pd

        counts = asdict(self.counts)
        short = {f"short: {reason}": users for reason, users in counts.pop("short_by").items()}
        refused = {f"items refused by {name}": items for name, items in self.filters.refused.items()}
        found = {} if self.search_recall is None else {"share of the best found": self.search_recall}
        return pd.DataFrame({"lists": counts | short | refused | found})

    def manifest(self) -> dict[str, Any]:
        """Return what the publication's manifest says of its inputs and content."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": self.params.model_dump(exclude=set(RETENTION)),
            "inputs": {"snapshot": self.snapshot.name, "model": self.model, "variants": self.variants},
            "rows": {"recommendations": self.counts.rows},
            "figures": self.figures(),
        }


def make_lists(workspace: Workspace, snapshot: str, champion: str, params: RecommendParams) -> Lists:
    """Rank for every user of `snapshot`, with the whole history up to now; names may be empty (current).

    The champion's refit on this snapshot makes the lists, the champion itself where there is none; so do
    the other `params.variants`, for their share of the users. Nothing is visible to readers before
    `publish`; a failure leaves nothing behind. Raises DataError if there is no snapshot or no champion,
    naming the file of either that was altered, or if the filters leave nothing for anybody; ParameterError
    for a condition that is none, or if an approximate search is asked for without faiss.
    """
    if params.search == "approximate":
        need_faiss("recommend.search approximate")
    opened = Snapshot.open(workspace, snapshot)
    dealt = variants(workspace, champion, opened.name, params)
    version = served(workspace, workspace.models.resolve(champion, registry.CHAMPION), opened.name)
    filters = Filters.of(opened, params)
    arms = [Arm.of(workspace, opened, variant, filters, params) for variant in dealt]
    inputs = {name: file_hash(Path(file)) for name, file in params.files().items()}
    made_by = [(one.name, one.version) for one in dealt]
    identity = content_id(
        opened.name, made_by, params.model_dump(exclude=set(RETENTION)), inputs, SCHEMA_VERSION
    )
    draft = workspace.publications.draft(f"{opened.name.partition('-')[0]}-{identity}")
    try:
        counts = _write_parts(draft.folder, opened, arms, params, identity)
        if not counts.rows:
            told = ", ".join(f"{reason} for {users:,}" for reason, users in counts.short_by.items())
            raise DataError(f"nobody is left with anything to recommend ({told})", "Loosen the filters.")
        recall = search_recall(arms[0].maker, opened) if params.search == "approximate" else None
    except BaseException:
        draft.discard()
        raise
    return Lists(draft, opened, version, dict(made_by), params, filters, counts, recall)


def _write_parts(
    folder: Path, snapshot: Snapshot, arms: Sequence[Arm], params: RecommendParams, draw: str
) -> Counts:
    item_ids = np.array(["", *snapshot.catalogue().column(c.ITEM_ID).to_pylist()], object)
    listed = np.zeros(len(item_ids), bool)
    dealt, generated_at = [arm.variant for arm in arms], datetime.now(UTC)
    users, rows, personal, short = 0, 0, 0, Counter[str]()
    advance = track("lists", snapshot.user_count, "users")
    for part, histories in enumerate(snapshot.chunks(CHUNK_USERS)):
        made = make(arms, histories, params, draw)
        table = _table(histories, made, item_ids, dealt, generated_at)
        pq.write_table(table, folder / f"part-{part:05}.parquet", compression="zstd")
        short += made.short
        listed[made.ranking.indices] = True
        users, rows = users + len(histories), rows + table.num_rows
        personal += int(made.ranking.is_personal.sum())
        advance(len(histories))
    return Counts(users, rows, personal, short.total(), dict(sorted(short.items())), int(listed[1:].sum()))


def _table(
    histories: Histories,
    made: Made,
    item_ids: np.ndarray,
    dealt: Sequence[Variant],
    generated_at: datetime,
) -> pa.Table:
    """Return one row a recommendation, ordered by user and rank; empty places have no row."""
    is_listed = made.ranking.indices > 0
    ranks = np.broadcast_to(np.arange(1, is_listed.shape[1] + 1, dtype=np.int32), is_listed.shape)
    lengths = is_listed.sum(axis=1)
    names, versions = (
        np.array([getattr(one, what) for one in dealt], object)[made.arms] for what in ("name", "version")
    )
    columns = {
        c.USER_ID: np.repeat(histories.user_ids, lengths),
        c.ITEM_ID: item_ids[made.ranking.indices[is_listed]],
        c.RANK: ranks[is_listed],
        c.SCORE: made.ranking.scores[is_listed],
        c.REASON: made.reasons[is_listed],
        c.VARIANT: np.repeat(names, lengths),
        c.PROPENSITY: made.propensities[is_listed],
        c.MODEL_VERSION: np.repeat(versions, lengths),
    }
    arrays = [pa.array(column, SCHEMA.field(name).type) for name, column in columns.items()]
    moment = pa.scalar(generated_at, SCHEMA.field(c.GENERATED_AT).type)
    return pa.Table.from_arrays([*arrays, pa.repeat(moment, int(lengths.sum()))], schema=SCHEMA)
