"""Re-ranking: trade a little of the score for diversity, for a user's own mix of categories.

Both are greedy: place by place the item is taken that adds most, among the candidates of a list deeper than
k. What is added can only fall from place to place, so it is the score of a re-ranked list.
"""

from dataclasses import dataclass

import numpy as np

from recpipe.core.caps import Cap
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.recommend.filters import Filters
from recpipe.recommend.item_rules import CATEGORY, item_groups
from recpipe.recommend.params import RecommendParams

CANDIDATES = 5
"""How many candidates there are for each place."""
USERS = 1024
"""Users re-ranked at a time; bounds the memory, changes no result."""
OWN_SHARE = 0.01
"""Of the user's mix that a list is given before it has an item, so that its logarithm exists."""


@dataclass(frozen=True)
class Reranker:
    """Re-ranks lists by two dials in [0, 1], 0 = off; what they do not take is left to the model's score.

    item_vectors: (items + 1, d) float32 by the catalogue's index, of length 1 or 0: what is alike.
    categories: (items + 1,) int32 from 1, 0 = none. caps: what no list may exceed.
    """

    diversity: float
    calibration: float
    item_vectors: np.ndarray
    categories: np.ndarray
    caps: tuple[Cap, ...] = ()

    @classmethod
    def of(cls, ranker: Ranker, snapshot: Snapshot, filters: Filters, params: RecommendParams) -> "Reranker":
        """Prepare for the dials of `params`. Raises DataError for a calibration without categories."""
        vectors = ranker.item_vectors
        categories = np.zeros(len(vectors), np.int32)
        if params.calibration:
            categories = item_groups(
                snapshot, CATEGORY, len(vectors) - 1, "recommend.calibration is of categories"
            )
        return cls(params.diversity, params.calibration, unit_vectors(vectors), categories, filters.caps)

    def rerank(self, histories: Histories, ranking: Ranking, k: int) -> Ranking:
        """Return the best k of each of the lists (n, depth), by model score, likeness and mix.

        Popular lists stay as they are, but for their length.

        Each place takes the item with the highest
        (1 - diversity - calibration, at least 0) · s - diversity · m + calibration · g:
        s the model's score between 0 and 1 within the list; m the highest cosine to an item already taken,
        at least 0 (maximal marginal relevance, Carbonell & Goldstein 1998); g what the item adds to
        sum over categories of p · log q, p the user's mix and q the list's (Steck, "Calibrated
        recommendations", 2018, eq. 7, without what no list can change).
        """
        indices, scores = ranking.indices[:, :k].copy(), ranking.scores[:, :k].copy()
        personal = np.flatnonzero(ranking.is_personal)
        for start in range(0, len(personal), USERS):
            rows = personal[start : start + USERS]
            mix = mixes(histories.take(rows), self.categories)
            indices[rows], scores[rows] = self._greedy(ranking.indices[rows], ranking.scores[rows], mix, k)
        return Ranking(indices, scores, ranking.is_personal)

    def _greedy(
        self, indices: np.ndarray, scores: np.ndarray, mix: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        users, everyone = np.arange(len(indices)), np.arange(len(indices))[:, None]
        relevance = _between_0_and_1(scores)
        is_free = indices > 0
        likeness = np.zeros(indices.shape, np.float32)
        categories = self.categories[indices]
        wanted = mix[everyone, categories]
        shares = np.maximum(OWN_SHARE * mix, 1e-9)
        taken = [np.zeros((len(indices), int(cap.groups.max(initial=0)) + 1), np.int32) for cap in self.caps]
        weight = max(0.0, 1 - self.diversity - self.calibration)
        found, values = np.zeros((len(indices), k), np.int32), np.full((len(indices), k), -np.inf, np.float32)
        for place in range(min(k, indices.shape[1])):
            held = shares[everyone, categories]
            gain = wanted * (np.log(held + 1 / k) - np.log(held))
            value = weight * relevance - self.diversity * likeness + self.calibration * gain
            may = is_free.copy()
            for cap, counts in zip(self.caps, taken, strict=True):
                groups = cap.groups[indices]
                may &= (groups == 0) | (counts[everyone, groups] < cap.at_most)
            value = np.where(may, value, -np.inf)
            best = value.argmax(axis=1)  # equal values: the one the model ranks first
            chosen, worth = indices[users, best], value[users, best]
            is_some = worth > -np.inf
            found[:, place], values[:, place] = np.where(is_some, chosen, 0), worth
            is_free[users, best] = False
            shares[users, categories[users, best]] += np.where(is_some, 1 / k, 0)
            for cap, counts in zip(self.caps, taken, strict=True):
                counts[users, cap.groups[chosen]] += is_some
            if self.diversity:
                alike = np.einsum("npd,nd->np", self.item_vectors[indices], self.item_vectors[chosen])
                likeness = np.maximum(likeness, alike)
        return found, values


def mixes(histories: Histories, categories: np.ndarray) -> np.ndarray:
    """Return the share of each category in each history, (n, categories + 1) float64; column 0 is 0.

    Items of no category do not count; who had none of any category has no mix, all 0.
    """
    own = Ragged(histories.offsets, histories.items)
    width = int(categories.max(initial=0)) + 1
    cells = own.row_numbers * width + categories[own.values]
    counts = np.bincount(cells, minlength=len(own) * width).reshape(-1, width).astype(np.float64)
    counts[:, 0] = 0
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Return item vectors (n, d) without their bias, the last dimension, of length 1; zeros stay."""
    bare = vectors[:, :-1] if vectors.shape[1] > 1 else vectors
    lengths = np.linalg.norm(bare, axis=1, keepdims=True)
    return (bare / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _between_0_and_1(scores: np.ndarray) -> np.ndarray:
    """Scores of each list (n, depth), -inf where there is no item, as shares of their range."""
    is_item = scores > -np.inf
    low = np.where(is_item, scores, np.inf).min(axis=1, keepdims=True)
    high = scores.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1)
    return np.where(is_item, (np.where(is_item, scores, 0) - np.where(is_item, low, 0)) / span, 0)
