"""What the dials of re-ranking buy, and what they cost, measured on the test part before a dial is turned."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recpipe.core import columns as c
from recpipe.core import registry
from recpipe.core.caps import Cap
from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.recommend.filters import Filters
from recpipe.recommend.item_rules import CATEGORY, item_groups, popular_cap
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.rerank import CANDIDATES, Reranker, mixes, unit_vectors

if TYPE_CHECKING:
    import pandas as pd

DIALS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)


def tradeoff(workspace: Workspace, snapshot: str, champion: str, params: RecommendParams) -> "pd.DataFrame":
    """Return, a row a dial and setting, NDCG@k and what the dial buys; names may be empty (current).

    Of `tradeoff_users` users with something new in the test part, evenly spread, by the champion as it was
    evaluated. Columns: dial, setting, ndcg, unlikeness (mean of 1 - cosine of two items of a list), mix
    (mean half distance of the list's shares of categories to the user's own, 0 = the same), popular (share of
    places of the most popular items). Empty for 0 users, or where nobody can be asked.
    """
    import pandas as pd

    from recpipe import rank

    columns = ["dial", "setting", "ndcg", "unlikeness", "mix", "popular"]
    opened = Snapshot.open(workspace, snapshot)
    known, relevant = _asked(opened, params.tradeoff_users)
    if not len(known):
        return pd.DataFrame(columns=columns)
    version = workspace.models.resolve(champion, registry.CHAMPION)
    filters = Filters.of(opened, params)
    ranker = Ranker(rank.load(workspace, version), opened, "test", replace(filters, caps=()).rules)
    judge = _Judge.of(ranker, opened, filters, params, known, relevant)
    rows = [[dial, setting, *judge.measure(dial, setting)] for dial in judge.dials for setting in DIALS]
    return pd.DataFrame(rows, columns=columns)


def _asked(snapshot: Snapshot, users: int) -> tuple[Histories, Ragged]:
    """What some users had before the test, and the known items, new to them, that they took in it."""
    parts = []
    for histories in snapshot.chunks(20_480):
        before, after = histories.until("test"), histories.part("test")
        took = Ragged(after.offsets, after.items)
        is_right = (after.items > 0) & (after.items <= snapshot.vocabulary.size)
        right = took.where(is_right & ~took.contained(Ragged(before.offsets, before.items))).unique()
        rows = np.flatnonzero((right.lengths > 0) & (before.lengths > 0))
        # evenly spread, and no more of a chunk than its part of all users
        most = -(-users * len(histories) // max(1, snapshot.user_count))
        chosen = (
            rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
            if len(rows)
            else rows
        )
        parts.append((before.take(chosen), right.take(chosen)))
    return Histories.joined([part for part, _ in parts]), Ragged.joined([part for _, part in parts])


class _Judge:
    """Re-ranks the same candidates for each setting and measures the lists."""

    def __init__(
        self,
        known: Histories,
        relevant: Ragged,
        candidates: Ranking,
        reranker: Reranker,
        head: np.ndarray,
        k: int,
    ) -> None:
        self._known, self._relevant, self._candidates = known, relevant, candidates
        self._reranker, self._head, self._k = reranker, head, k
        self._mix = mixes(known, reranker.categories)
        has_categories = reranker.categories.any()
        self.dials = ("diversity", *(["calibration"] if has_categories else []), "popularity_cap")

    @classmethod
    def of(
        cls,
        ranker: Ranker,
        snapshot: Snapshot,
        filters: Filters,
        params: RecommendParams,
        known: Histories,
        relevant: Ragged,
    ) -> "_Judge":
        vectors = ranker.item_vectors
        paths = snapshot.catalogue().column(c.CATEGORIES)
        categories = np.zeros(len(vectors), np.int32)
        if any(len(path) for path in paths.to_pylist()):
            categories = item_groups(snapshot, CATEGORY, len(vectors) - 1, "the curves tell categories")
        reranker = Reranker(0.0, 0.0, unit_vectors(vectors), categories, filters.caps)
        head = popular_cap(snapshot, 0.0, params.k, len(vectors) - 1).groups
        depth = CANDIDATES * params.k
        candidates = ranker.rank(
            known, params.k, exclude_seen=True, excluded=filters.excluded(known), depth=depth
        )
        return cls(known, relevant, candidates, reranker, head, params.k)

    def measure(self, dial: str, setting: float) -> tuple[float, float, float, float]:
        """Return NDCG@k, unlikeness, distance of the mix, and share of the most popular."""
        reranker = self._reranker
        if dial == "diversity":
            reranker = replace(reranker, diversity=setting)
        elif dial == "calibration":
            reranker = replace(reranker, calibration=setting)
        else:
            cap = Cap(self._head, int((1 - setting) * self._k))
            reranker = replace(reranker, caps=(*reranker.caps, cap))
        lists = reranker.rerank(self._known, self._candidates, self._k).indices
        ndcg = ndcg_at_k(hits(lists, self._relevant), self._relevant.lengths, self._k).mean()
        listed = lists > 0
        unlike = _unlikeness(reranker.item_vectors, lists)
        flat = Ragged(np.arange(len(lists) + 1, dtype=np.int64) * self._k, lists.ravel())
        shares = np.zeros_like(self._mix)
        np.add.at(shares, (flat.row_numbers, reranker.categories[flat.values]), 1)
        shares[:, 0] = 0
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
        apart = np.abs(shares - self._mix).sum(axis=1).mean() / 2
        return float(ndcg), unlike, float(apart), float((self._head[lists] > 0).sum() / max(1, listed.sum()))


def _unlikeness(vectors: np.ndarray, lists: np.ndarray) -> float:
    """Mean over lists of two items or more of 1 - the mean cosine of two different places."""
    filled = lists[(lists > 0).sum(axis=1) == lists.shape[1]]
    if not len(filled) or lists.shape[1] < 2:
        return 0.0
    k = lists.shape[1]
    sums = vectors[filled].sum(axis=1)
    # of k unit vectors: |sum|² = k + the sum over ordered pairs
    own = (vectors[filled] ** 2).sum(axis=(1, 2))
    return float((1 - ((sums**2).sum(axis=1) - own) / (k * (k - 1))).mean())
