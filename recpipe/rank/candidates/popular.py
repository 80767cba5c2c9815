"""Recent popularity: of everything, and within the categories that the user takes from."""

import numpy as np

from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.affinity import category_shares
from recpipe.rank.candidates.contract import nothing, same_for_all
from recpipe.rank.past import Asked, Past

DAYS = 30


class Popular:
    """How many users had an item of late: the same for everybody."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._users = past.users_of_late(DAYS)

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`."""
        return same_for_all(self._users, len(asked))


class PopularInCategories:
    """The share of the item's finest category in the user's history, times the item's recent users."""

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._users, self._items = past.users_of_late(DAYS), past.items
        levels = past.categories.shape[1]
        self._categories = past.categories[:, levels - 1] if levels else np.zeros(past.items + 1, np.int32)

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`; items of no category, and of those that the user never had, are not named."""
        if not self._categories.any():
            return nothing(len(asked), self._items)
        scores = category_shares(asked, self._categories)[:, self._categories] * self._users
        scores[scores <= 0] = -np.inf
        return scores
