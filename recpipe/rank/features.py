"""The features of candidates: what the ranker reads, by name, in one order."""

from collections.abc import Sequence

import numpy as np

from recpipe.rank.affinity import NAMES as AFFINITY_NAMES
from recpipe.rank.affinity import Affinity
from recpipe.rank.item_features import NAMES as ITEM_NAMES
from recpipe.rank.item_features import item_features
from recpipe.rank.pair_features import PAIR_NAMES, USER_NAMES, pair_features, user_features
from recpipe.rank.past import Asked, Past
from recpipe.rank.union import Candidates

POPULARITY = ITEM_NAMES.index("item_log_users_30")
PRICE, USER_PRICE = ITEM_NAMES.index("item_price_position"), USER_NAMES.index("user_mean_price_position")
FIXED_NAMES = (*ITEM_NAMES, *PAIR_NAMES, *USER_NAMES, *AFFINITY_NAMES, "price_apart")
"""Behind the scores and ranks of the generators; price_apart: the item's position less the user's mean."""


class Features:
    """Makes the features of candidates as of one past; memory grows with the chunk that is asked.

    Their names follow from the generators alone, so that a ranker fits tomorrow's catalogue, too.
    """

    def __init__(self, past: Past, generators: Sequence[str]) -> None:
        self._past, self._items = past, item_features(past)
        self._affinity = Affinity(past)
        self.shares = self._affinity.size
        self.names = (
            *(f"{name}_score" for name in generators),
            *(f"{name}_rank" for name in generators),
            *FIXED_NAMES,
        )

    def of(self, asked: Asked, candidates: Candidates) -> np.ndarray:
        """Return (c, len(names)) float32, a row a candidate; NaN is what is not known."""
        items = candidates.items
        by_item = self._items[items.values]
        by_user = user_features(asked, self._past, self._items[:, POPULARITY])[items.row_numbers]
        parts = [
            candidates.scores,
            candidates.ranks,
            by_item,
            pair_features(asked, items),
            by_user,
            self._affinity.of(asked, items),
            (by_item[:, PRICE] - by_user[:, USER_PRICE])[:, None],
        ]
        return np.concatenate(parts, axis=1)
