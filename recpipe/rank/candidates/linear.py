"""EASE on decayed counts."""

import numpy as np

from recpipe.core.linear import linear
from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.past import Asked, Past

COUNTS, HALF_LIFE_DAYS, L2 = "log decayed", 90.0, 100.0
MAX_SIDE = 5000
"""Users, or items if these are fewer, that it is solved for at most, some 10 CPU-s; else of a sample."""


class Ease:
    """What goes with the user's history, by items that other users had beside each other."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        counts = past.known.counts(COUNTS, HALF_LIFE_DAYS)
        if min(counts.shape) > MAX_SIDE:
            drawn = np.random.default_rng(1).choice(counts.shape[0], MAX_SIDE, replace=False)
            counts = counts[np.sort(drawn)]
        self._score = linear(counts, L2, "zero")

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`."""
        found = self._score(asked.known.counts(COUNTS, HALF_LIFE_DAYS))
        return np.concatenate([np.full((len(asked), 1), -np.inf, np.float32), found], axis=1)
