"""Recent popularity: of everything, and within the categories that the user takes from."""

import numpy as np

from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.affinity import called, history_shares
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
    """The share of the item's category in the user's history, times the item's recent users.

    The category is the item's place in the tree: its whole path, however deep.
    """

    def __init__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> None:
        self._users, self._items = past.users_of_late(DAYS), past.items
        paths = ["\n".join(path) for path in past.category_paths]
        numbers = np.unique(["", *paths], return_inverse=True)[1]  # "" comes first: no category
        self._categories = numbers.astype(np.int32)
        self._called = called(self._categories[:, None], int(numbers.max()))

    def scores(self, asked: Asked) -> np.ndarray:
        """See `Generator`; items of no category, and of those that the user never had, are not named."""
        if not self._categories.any():
            return nothing(len(asked), self._items)
        scores = history_shares(asked, self._called)[:, self._categories] * self._users
        scores[scores <= 0] = -np.inf
        return scores
