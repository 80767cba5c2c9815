"""The retrieval itself, and the model of repeats beside it, as generators."""

import numpy as np

from recpipe.core.model_side import ModelSide
from recpipe.core.ranking import Recommender
from recpipe.core.recommender import RepeatModel
from recpipe.core.snapshot import Snapshot
from recpipe.rank.candidates.contract import nothing
from recpipe.rank.past import Asked, Past


class Tower:
    """Query · item of the version."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._side = ModelSide(recommender, snapshot, past.moment)
        self._recommender = recommender
        self._vectors = self._side.item_vectors[: past.items + 1]
        self._is_known = self._side.known[: past.items + 1]

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`; users of whom the version knows nothing have no opinion told."""
        own = self._side.own(asked.histories)
        scores = self._recommender.query_vectors(own) @ self._vectors.T
        scores[:, ~self._is_known] = -np.inf
        scores[~self._recommender.knows(own)] = -np.inf
        return scores


class Repeats:
    """How probable each of the user's own items is as the one that is taken again."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._side, self._items = ModelSide(recommender, snapshot, past.moment), past.items
        self._model: RepeatModel | None = recommender.repeats

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`; log-probabilities. Nothing where the version has no such model."""
        scores = nothing(len(asked), self._items)
        if self._model is None:
            return scores
        items, log_own = self._side.log_own(asked.histories, self._model)
        known = (items.values > 0) & (items.values <= self._items)
        scores[items.row_numbers[known], items.values[known]] = log_own[known]
        return scores
