"""Make the lists of some users: rank, and keep places for new items."""

import math
from dataclasses import dataclass

import numpy as np

from recpipe.core.caps import Cap, within
from recpipe.core.model_side import Newcomers
from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.snapshot import Histories
from recpipe.recommend.filters import Filters
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.rerank import CANDIDATES, Reranker


@dataclass(frozen=True)
class ListMaker:
    """Makes lists of `params.k` items with `ranker`, within `filters`; `newcomers` have places kept."""

    ranker: Ranker
    filters: Filters
    params: RecommendParams
    newcomers: Newcomers | None = None
    reranker: Reranker | None = None

    def rank(self, histories: Histories) -> Ranking:
        """Return the lists of n users, best first."""
        k, excluded = self.params.k, self.filters.excluded(histories)
        seen = self.filters.excludes_seen
        if self.reranker is not None:
            deep = self.ranker.rank(histories, k, exclude_seen=seen, excluded=excluded, depth=CANDIDATES * k)
            return self.reranker.rerank(histories, deep, k)
        if self.newcomers is None:
            return self.ranker.rank(histories, k, exclude_seen=seen, excluded=excluded)
        is_new = np.zeros(len(self.filters.allowed), bool)
        is_new[self.newcomers.indices] = True
        old, new = (
            self.ranker.rank(histories, k, exclude_seen=seen, excluded=excluded, among=among)
            for among in (~is_new, is_new)
        )
        return with_reserved(old, new, math.ceil(self.params.new_items_share * k), self.filters.caps)


def with_reserved(old: Ranking, new: Ranking, reserved: int, caps: tuple[Cap, ...]) -> Ranking:
    """Join two rankings (n, k) of different items to lists of k that hold the best `reserved` of `new`.

    Where there are so many; the other places go by score, to either. Best first, and within `caps`.
    """
    k = old.indices.shape[1]
    rest = _by_score(
        np.concatenate([new.indices[:, reserved:], old.indices], axis=1),
        np.concatenate([new.scores[:, reserved:], old.scores], axis=1),
    )
    indices = np.concatenate([new.indices[:, :reserved], rest[0]], axis=1)
    scores = np.concatenate([new.scores[:, :reserved], rest[1]], axis=1)
    keep = within(indices, caps)
    keep &= np.cumsum(keep, axis=1) <= k
    indices, scores = _by_score(np.where(keep, indices, 0), np.where(keep, scores, -np.inf))
    return Ranking(indices[:, :k], scores[:, :k], old.is_personal)


def _by_score(indices: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((indices, -scores), axis=1)  # ties to the lower index, empty places last
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(scores, order, axis=1)
