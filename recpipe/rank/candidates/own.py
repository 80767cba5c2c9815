"""The user's own history: what was had most, old events fading."""

import numpy as np

from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.candidates.contract import nothing
from recpipe.rank.past import Asked, Past

HALF_LIFE_DAYS = 90.0


class OwnHistory:
    """Decayed counts of the user's own items."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._items = past.items

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`."""
        counts = asked.known.counts("decayed", HALF_LIFE_DAYS)
        scores = nothing(len(asked), self._items)
        scores[np.repeat(np.arange(len(asked)), np.diff(counts.indptr)), counts.indices + 1] = counts.data
        return scores
