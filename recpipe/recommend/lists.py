"""Make the lists of all users, chunk by chunk, into a draft that nobody reads yet."""

from collections import Counter
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
from recpipe.core.progress import track
from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.refits import served
from recpipe.core.shelf import Draft
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.recommend.cold_start import find_newcomers, popular_lists
from recpipe.recommend.filters import Filters
from recpipe.recommend.making import ListMaker
from recpipe.recommend.params import RETENTION, RecommendParams
from recpipe.recommend.reasons import Reasoner
from recpipe.recommend.rerank import Reranker
from recpipe.recommend.schema import CHAMPION_VARIANT, SCHEMA, SCHEMA_VERSION
from recpipe.recommend.shortness import short_reasons

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
    """Lists that are made but not yet published: `draft` holds the parts; `model` made them."""

    draft: Draft
    snapshot: Snapshot
    model: str
    params: RecommendParams
    filters: Filters
    counts: Counts

    def figures(self) -> dict[str, Any]:
        """Return the counts and what the filters refused, ready for JSON."""
        return asdict(self.counts) | {"filters": self.filters.figures()}

    def table(self) -> "pd.DataFrame":
        """Return the counts as a table, for notebooks."""
        import pandas as pd

        counts = asdict(self.counts)
        short = {f"short: {reason}": users for reason, users in counts.pop("short_by").items()}
        refused = {f"items refused by {name}": items for name, items in self.filters.refused.items()}
        return pd.DataFrame({"lists": counts | short | refused})

    def manifest(self) -> dict[str, Any]:
        """Return what the publication's manifest says of its inputs and content."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": self.params.model_dump(exclude=set(RETENTION)),
            "inputs": {"snapshot": self.snapshot.name, "model": self.model},
            "rows": {"recommendations": self.counts.rows},
            "figures": self.figures(),
        }


def make_lists(workspace: Workspace, snapshot: str, champion: str, params: RecommendParams) -> Lists:
    """Rank for every user of `snapshot`, with the whole history up to now; names may be empty (current).

    The champion's refit on this snapshot makes the lists, the champion itself where there is none.
    Nothing is visible to readers before `publish`; a failure leaves nothing behind. Raises DataError if
    there is no snapshot or no champion, naming the file of either that was altered, or if the filters leave
    nothing for anybody; ParameterError for a condition that is none.
    """
    from recpipe import train  # loads TensorFlow

    opened = Snapshot.open(workspace, snapshot)
    champion = workspace.models.resolve(champion, registry.CHAMPION)
    version = served(workspace, champion, opened.name)
    filters, recommender = Filters.of(opened, params), train.load(workspace, version)
    newcomers = find_newcomers(workspace, opened, recommender, filters) if params.new_items_share else None
    popular = popular_lists(opened, recommender, params)
    ranker = Ranker(recommender, opened, "now", filters.rules, newcomers=newcomers, popular=popular)
    reranker = Reranker.of(ranker, opened, filters, params) if params.is_reranked else None
    maker = ListMaker(ranker, filters, params, newcomers, reranker)
    inputs = {name: file_hash(Path(file)) for name, file in params.files().items()}
    identity = content_id(
        opened.name, version, params.model_dump(exclude=set(RETENTION)), inputs, SCHEMA_VERSION
    )
    draft = workspace.publications.draft(f"{opened.name.partition('-')[0]}-{identity}")
    try:
        counts = _write_parts(draft.folder, opened, maker, version)
        if not counts.rows:
            told = ", ".join(f"{reason} for {users:,}" for reason, users in counts.short_by.items())
            raise DataError(f"nobody is left with anything to recommend ({told})", "Loosen the filters.")
    except BaseException:
        draft.discard()
        raise
    return Lists(draft, opened, version, params, filters, counts)


def _write_parts(folder: Path, snapshot: Snapshot, maker: ListMaker, version: str) -> Counts:
    catalogue = snapshot.catalogue()
    item_ids = np.array(["", *catalogue.column(c.ITEM_ID).to_pylist()], object)
    reasoner = Reasoner.of(
        maker.ranker, catalogue, maker.params.reason_events, exclude_seen=maker.filters.excludes_seen
    )
    listed = np.zeros(len(item_ids), bool)
    made = (CHAMPION_VARIANT, 1.0, version, datetime.now(UTC))
    users, rows, personal, short = 0, 0, 0, Counter[str]()
    advance = track("lists", snapshot.user_count, "users")
    for part, histories in enumerate(snapshot.chunks(CHUNK_USERS)):
        ranking = maker.rank(histories)
        table = _table(histories, ranking, item_ids, reasoner.reasons(histories, ranking), made)
        pq.write_table(table, folder / f"part-{part:05}.parquet", compression="zstd")
        short += short_reasons(maker.ranker, ranking, maker.filters.withheld(histories))
        listed[ranking.indices] = True
        users, rows = users + len(histories), rows + table.num_rows
        personal += int(ranking.is_personal.sum())
        advance(len(histories))
    return Counts(users, rows, personal, short.total(), dict(sorted(short.items())), int(listed[1:].sum()))


def _table(
    histories: Histories, ranking: Ranking, item_ids: np.ndarray, reasons: np.ndarray, made: tuple[Any, ...]
) -> pa.Table:
    """Return one row a recommendation, ordered by user and rank; empty places have no row."""
    is_listed = ranking.indices > 0
    ranks = np.broadcast_to(np.arange(1, is_listed.shape[1] + 1, dtype=np.int32), is_listed.shape)
    user_ids = np.repeat(histories.user_ids, is_listed.sum(axis=1))
    columns = [
        user_ids,
        item_ids[ranking.indices[is_listed]],
        ranks[is_listed],
        ranking.scores[is_listed],
        reasons[is_listed],
    ]
    fields = list(SCHEMA)
    own = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=False)]
    same = [
        pa.repeat(pa.scalar(value, field.type), len(user_ids))
        for value, field in zip(made, fields[len(own) :], strict=True)
    ]
    return pa.Table.from_arrays([*own, *same], schema=SCHEMA)
